#include "store/redis_connection.hpp"

#include <algorithm>
#include <array>

#if __has_include(<hiredis/hiredis_ssl.h>)
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

namespace sallyport::store {
namespace {

constexpr timeval connect_patience{1, 0};
constexpr std::chrono::milliseconds answer_patience{1500};

constexpr int most_elements = 1 << 20; // the longest list has the sessions of one subject

// hiredis allocates as many elements as a reply announces.
decltype(redisReplyObjectFunctions::createArray) usual_array = nullptr;

template <typename Size>
void* bounded_array(const redisReadTask* task, Size elements) {
    return elements > static_cast<Size>(most_elements) ? nullptr : usual_array(task, elements);
}

redisReplyObjectFunctions* bounded(const redisReplyObjectFunctions& usual) {
    static redisReplyObjectFunctions functions = [&usual] {
        usual_array = usual.createArray;
        redisReplyObjectFunctions changed = usual;
        changed.createArray = bounded_array;
        return changed;
    }();
    return &functions;
}

} // namespace

RedisConnection::RedisConnection(const StoreAddress& address)
    : context_(redisConnectWithTimeout(address.host.c_str(), address.port, connect_patience)) {
    if (!context_ || context_->err != 0) {
        fail("cannot be reached");
    }
    context_->reader->fn = bounded(*context_->reader->fn);
    set_patience(answer_patience);
    if (address.tls) {
        start_tls(address);
    }
    log_in(address);
}

#if __has_include(<hiredis/hiredis_ssl.h>)

// Requires a certificate from a trusted authority and for this host name; hiredis does not check
// the name.
void RedisConnection::start_tls(const StoreAddress& address) {
    const Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
    Handle<SSL, SSL_free> tls(context ? SSL_new(context.get()) : nullptr);
    const char* const host = address.host.c_str();
    bool ready = tls && SSL_CTX_set_default_verify_paths(context.get()) == 1 &&
                 SSL_set_min_proto_version(tls.get(), TLS1_2_VERSION) == 1;
    if (ready && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.get()), host) != 1) {
        ready =
            SSL_set1_host(tls.get(), host) == 1 && SSL_set_tlsext_host_name(tls.get(), host) == 1;
    }
    if (ready) {
        SSL_set_verify(tls.get(), SSL_VERIFY_PEER, nullptr);
        ready = redisInitiateSSL(context_.get(), tls.get()) == REDIS_OK;
    }
    ERR_clear_error();
    if (!ready) {
        fail("cannot be reached over TLS");
    }
    static_cast<void>(tls.release()); // now owned by the connection
}

#else

void RedisConnection::start_tls(const StoreAddress&) {
    fail("cannot be reached over TLS");
}

#endif

void RedisConnection::log_in(const StoreAddress& address) {
    if (address.password) {
        std::vector<std::string_view> command{"AUTH"};
        if (!address.user.empty()) {
            command.push_back(address.user);
        }
        command.push_back(text(address.password->view()));
        expect_ok(command);
    }
    if (address.database != 0) {
        const std::string database = std::to_string(address.database);
        const std::array<std::string_view, 2> command{"SELECT", database};
        expect_ok(command);
    }
}

void RedisConnection::set_patience(std::chrono::milliseconds patience) {
    constexpr int thousand = 1000;
    const auto left = std::clamp<std::chrono::milliseconds>(patience, std::chrono::milliseconds(1),
                                                            answer_patience);
    redisSetTimeout(context_.get(), {left.count() / thousand, left.count() % thousand * thousand});
}

void RedisConnection::send(Command command) {
    std::vector<const char*> words;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : command) {
        words.push_back(word.data());
        sizes.push_back(word.size());
    }
    if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(),
                               sizes.data()) != REDIS_OK) {
        fail("cannot be queried");
    }
}

RedisReply RedisConnection::receive() {
    void* answer = nullptr;
    if (redisGetReply(context_.get(), &answer) != REDIS_OK || answer == nullptr) {
        fail("has not answered");
    }
    return RedisReply(static_cast<redisReply*>(answer));
}

RedisReply RedisConnection::ask(Command command) {
    send(command);
    RedisReply reply = receive();
    if (reply->type == REDIS_REPLY_ERROR) {
        throw auth::StoreError(error_of(*reply));
    }
    return reply;
}

std::string RedisConnection::load(std::string_view script) {
    const std::array<std::string_view, 3> command{"SCRIPT", "LOAD", script};
    const RedisReply reply = ask(command);
    if (reply->type != REDIS_REPLY_STRING || reply->str == nullptr || reply->len == 0) {
        throw auth::StoreError("Redis sent an invalid reply to SCRIPT LOAD");
    }
    return {reply->str, static_cast<std::size_t>(reply->len)};
}

void RedisConnection::call(std::string_view script, Command keys,
                           std::span<const std::string> arguments, std::string_view deadline) {
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> command{"EVALSHA", script, count};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(deadline);
    send(command);
}

void RedisConnection::expect_ok(Command command) {
    const RedisReply reply = ask(command);
    if (reply->type != REDIS_REPLY_STATUS || std::string_view(reply->str, reply->len) != "OK") {
        throw auth::StoreError("Redis answered " + std::string(command[0]) + " without OK");
    }
}

std::string error_of(const redisReply& reply) {
    return "Redis: " + std::string(reply.str, reply.len);
}

void RedisConnection::fail(const char* what) const {
    std::string why = std::string("Redis ") + what;
    if (context_ && context_->err != 0) {
        why += std::string(": ") + context_->errstr;
    }
    throw auth::StoreError(why);
}

} // namespace sallyport::store
