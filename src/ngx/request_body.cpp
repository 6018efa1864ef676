#include "ngx/request_body.hpp"

#include <stdexcept>

namespace sallyport::ngx {
namespace {

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

Secret take_body(ngx_http_request_t* r) {
    std::size_t size = 0;
    const ngx_chain_t* const chain = r->request_body != nullptr ? r->request_body->bufs : nullptr;
    for (const ngx_chain_t* link = chain; link != nullptr; link = link->next) {
        size += static_cast<std::size_t>(ngx_buf_size(link->buf));
    }
    Bytes body;
    body.reserve(size); // it must not leave copies behind
    for (const ngx_chain_t* link = chain; link != nullptr; link = link->next) {
        const ngx_buf_t& buffer = *link->buf;
        if (buffer.in_file) {
            append_file(body, buffer);
        } else {
            body.insert(body.end(), buffer.pos, buffer.last);
            cleanse(buffer.pos, static_cast<std::size_t>(buffer.last - buffer.pos));
        }
    }
    return Secret(std::move(body));
}

} // namespace sallyport::ngx
