#include "store/redis_proofs.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "store/redis_answer.hpp"
#include "store/redis_connection.hpp"

namespace sallyport::store {
namespace {

using namespace std::chrono_literals;
using Clock = auth::StoreClock;

constexpr auto pause = 200ms; // after a failed attempt to connect

// The braces let a proxy for a cluster choose the server by what is inside.
std::string key_of(const Digest& proof) {
    return "sallyport:proof:{" + base64url_encode(proof) + '}';
}

bool is_ok(const redisReply& reply) noexcept {
    return reply.type == REDIS_REPLY_STATUS && std::string_view(reply.str, reply.len) == "OK";
}

void expect_no_error(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) {
        throw auth::StoreError(error_of(reply));
    }
}

} // namespace

RedisProofs::RedisProofs(StoreAddress address) : address_(std::move(address)) {}

RedisProofs::~RedisProofs() = default;

void RedisProofs::connect() {
    if (connection_) {
        return;
    }
    if (Clock::now() < try_after_) {
        throw auth::StoreError("Redis was unavailable a moment ago");
    }
    try_after_ = Clock::now() + pause;
    connection_ = std::make_unique<RedisConnection>(address_);
    try_after_ = {};
}

std::vector<bool> RedisProofs::use(std::span<const Use> uses, Clock::time_point deadline) {
    owner_ = random_id();
    std::vector<std::optional<bool>> firsts(uses.size());
    for (bool again = false;; again = true) {
        try {
            connect();
            connection_->set_patience(
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
            attempt(uses, firsts, again);
            break;
        } catch (...) {
            const bool was_connected = connection_ != nullptr;
            // Replies that are still unread would be mistaken for later ones.
            connection_.reset();
            // The server may have closed a connection that was idle.
            if (again || !was_connected || Clock::now() >= deadline) {
                throw;
            }
        }
    }
    std::vector<bool> known;
    std::transform(firsts.begin(), firsts.end(), std::back_inserter(known),
                   [](const auto& first) { return first.value(); });
    return known;
}

// The second time, the proof may have been recorded already: then it has our value.
void RedisProofs::attempt(std::span<const Use> uses, std::vector<std::optional<bool>>& firsts,
                          bool again) {
    for (std::size_t i = 0; i < uses.size(); ++i) {
        const std::string key = key_of(uses[i].proof);
        const std::string value = owner_ + std::to_string(i);
        const std::string time = std::to_string(std::chrono::milliseconds(uses[i].keep).count());
        connection_->send(std::array<std::string_view, 6>{"SET", key, value, "NX", "PX", time});
        if (again) {
            connection_->send(std::array<std::string_view, 2>{"GET", key});
        }
    }
    for (std::size_t i = 0; i < uses.size(); ++i) {
        const RedisReply reply = connection_->receive();
        expect_no_error(*reply);
        firsts[i] = is_ok(*reply);
        if (!*firsts[i] && reply->type != REDIS_REPLY_NIL) {
            throw auth::StoreError("Redis sent an invalid reply to SET");
        }
        if (again) {
            const RedisReply holder = connection_->receive();
            expect_no_error(*holder);
            firsts[i] = *firsts[i] || text_of(*holder) == owner_ + std::to_string(i);
        }
    }
}

} // namespace sallyport::store
