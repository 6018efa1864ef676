#include "store/redis_revocations.hpp"

#include <array>

#include "base/random.hpp"
#include "store/packed_revocation.hpp"
#include "store/redis_answer.hpp"
#include "store/redis_scripts.hpp"

namespace sallyport::store {

RedisRevocations::RedisRevocations(RedisConnection& redis)
    : redis_(redis),
      add_(redis.load(add_revocations_script)),
      remove_(redis.load(remove_revocation_script)),
      read_(redis.load(read_revocations_script)),
      server_(read_server_id()) {}

// Differs after each start of the server. Some servers and some users have no INFO.
std::string RedisRevocations::read_server_id() {
    constexpr std::array<std::string_view, 2> command{"INFO", "server"};
    constexpr std::string_view name = "\nrun_id:";
    redis_.send(command);
    const RedisReply reply = redis_.receive();
    const std::string_view info = text_of(*reply).value_or("");
    const std::size_t at = info.find(name);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view id = info.substr(at + name.size());
    return '.' + std::string(id.substr(0, id.find_first_of("\r\n")));
}

void RedisRevocations::call(std::string_view script, std::int64_t now,
                            const std::vector<std::string>& arguments, std::string_view deadline) {
    constexpr std::array<std::string_view, 4> keys{
        "sallyport:{revocations}:list", "sallyport:{revocations}:entries",
        "sallyport:{revocations}:versions", "sallyport:{revocations}:ends"};
    std::vector<std::string> all{random_id(), pack_time(now)}; // the epoch if one begins
    all.insert(all.end(), arguments.begin(), arguments.end());
    redis_.call(script, keys, all, deadline);
}

void RedisRevocations::send(const auth::AddRevocations& step, std::string_view deadline) {
    std::vector<std::string> arguments{step.is_refill ? "1" : ""};
    for (const auth::RevocationRecord& record : step.records) {
        if (record.until > step.now) {
            arguments.push_back(pack_revocation(record));
        }
    }
    call(add_, step.now, arguments, deadline);
}

void RedisRevocations::send(const auth::RemoveRevocation& step, std::string_view deadline) {
    call(remove_, step.now, {std::string(text(step.record.key))}, deadline);
}

void RedisRevocations::send(const auth::ReadRevocations& step, std::string_view deadline) {
    call(read_, step.now,
         {server_, step.epoch, std::to_string(step.version), std::to_string(auth::revocation_page)},
         deadline);
}

} // namespace sallyport::store
