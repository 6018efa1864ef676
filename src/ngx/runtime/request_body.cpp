#include "ngx/runtime/request_body.hpp"

#include <stdexcept>

namespace sallyport::ngx {
namespace {

const ngx_chain_t* chain_of(const ngx_http_request_t* r) noexcept {
    return r->request_body != nullptr ? r->request_body->bufs : nullptr;
}

void append_file(Bytes& body, const ngx_buf_t& buffer) {
    const auto size = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
    const std::size_t filled = body.size();
    body.resize(filled + size);
    if (ngx_read_file(buffer.file, body.data() + filled, size, buffer.file_pos) !=
        static_cast<ssize_t>(size)) {
        throw std::runtime_error("the body cannot be read from its file");
    }
}

} // namespace

std::size_t body_size(const ngx_http_request_t* r) noexcept {
    std::size_t size = 0;
    for (const ngx_chain_t* link = chain_of(r); link != nullptr; link = link->next) {
        size += static_cast<std::size_t>(ngx_buf_size(link->buf));
    }
    return size;
}

void wipe_body(ngx_http_request_t* r) noexcept {
    for (const ngx_chain_t* link = chain_of(r); link != nullptr; link = link->next) {
        const ngx_buf_t& buffer = *link->buf;
        if (!buffer.in_file) {
            cleanse(buffer.pos, static_cast<std::size_t>(buffer.last - buffer.pos));
        }
    }
}

Secret take_body(ngx_http_request_t* r) {
    Bytes body;
    body.reserve(body_size(r)); // growing would leave copies of secrets in freed memory
    for (const ngx_chain_t* link = chain_of(r); link != nullptr; link = link->next) {
        const ngx_buf_t& buffer = *link->buf;
        if (buffer.in_file) {
            append_file(body, buffer);
        } else {
            body.insert(body.end(), buffer.pos, buffer.last);
        }
    }
    wipe_body(r);
    return Secret(std::move(body));
}

} // namespace sallyport::ngx
