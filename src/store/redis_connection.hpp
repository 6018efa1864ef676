#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "base/handle.hpp"
#include "store/store_address.hpp"

namespace sallyport::store {

#if __has_include(<hiredis/hiredis_ssl.h>)
constexpr bool redis_has_tls = true;
#else
constexpr bool redis_has_tls = false;
#endif

struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeReply>;

// The text of an error reply.
std::string error_of(const redisReply& reply);

// An authenticated connection with its database selected. Commands are pipelined, and replies
// arrive in the same order. Throws StoreError when the connection is lost or times out; it cannot
// be used after that.
class RedisConnection {
  public:
    explicit RedisConnection(const StoreAddress& address);

    // How long receive() waits. Initially short.
    void set_patience(std::chrono::milliseconds patience);

    using Command = std::span<const std::string_view>;
    void send(Command command);
    // The next reply, which may be an error.
    RedisReply receive();
    // Sends a command and receives its reply. Throws on an error reply.
    RedisReply ask(Command command);
    // Loads a script, and returns its digest.
    std::string load(std::string_view script);
    // Sends a call of a loaded script. The last argument of all our scripts is their deadline, in
    // milliseconds of the Redis clock.
    void call(std::string_view script, Command keys, std::span<const std::string> arguments,
              std::string_view deadline);

  private:
    void expect_ok(Command command);
    void start_tls(const StoreAddress& address);
    void log_in(const StoreAddress& address);
    [[noreturn]] void fail(const char* what) const;

    Handle<redisContext, redisFree> context_;
};

} // namespace sallyport::store
