#include <array>
#include <mutex>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.hpp"
#include "store/redis_store.hpp"

// A client of a server that answers anything. The first byte of the input says how many of the
// first answers are right; the rest is what the server answers then.

using namespace sallyport;
using Kind = auth::StoreOutcome::Kind;

namespace {

// Sends the same to each that connects, whatever it asks. Never ends.
class Server {
  public:
    Server() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        const bool listens = ::bind(socket_, any, size) == 0 && ::listen(socket_, 8) == 0 &&
                             ::getsockname(socket_, any, &size) == 0;
        fuzz::hold(listens, "the server listens");
        port_ = ::ntohs(address.sin_port);
        std::thread([this] { serve(); }).detach();
    }

    [[nodiscard]] int port() const { return port_; }
    void answer(std::string text) {
        const std::lock_guard lock(mutex_);
        text_ = std::move(text);
    }

  private:
    [[noreturn]] void serve() {
        for (;;) {
            const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
            const std::string text = [this] {
                const std::lock_guard lock(mutex_);
                return text_;
            }();
            ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
            ::shutdown(client, SHUT_WR);
            std::array<char, 4096> ignored{};
            while (::recv(client, ignored.data(), ignored.size(), 0) > 0) {
            }
            ::close(client);
        }
    }

    int socket_;
    int port_ = 0;
    std::mutex mutex_;
    std::string text_;
};

std::string greeting(std::size_t answers) {
    const std::string digest = "$40\r\n" + std::string(40, 'a') + "\r\n";
    const std::array<std::string, 13> right{"+OK\r\n",
                                            "+OK\r\n",
                                            digest,
                                            digest,
                                            digest,
                                            digest,
                                            digest,
                                            digest,
                                            "*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n",
                                            digest,
                                            digest,
                                            digest,
                                            "$20\r\n# Server\r\nrun_id:ab\r\n"};
    std::string text;
    for (std::size_t i = 0; i < answers; ++i) {
        text += right.at(i);
    }
    return text;
}

const auth::BeginSession begin{{"s", "alice", "acme", {"reader"}, 1000, 2000}, {"a", 1000, 1100}};
const auth::RotateToken rotate{"s", "a", {"b", 1000, 1100}, 10};
const auth::RevocationRecord revocation{{}, 20, 1000, 1100};

void judge(const std::vector<auth::StoreOutcome>& outcomes) {
    fuzz::hold(outcomes.size() == 9, "one outcome for each step");
    for (const auth::StoreOutcome& outcome : outcomes) {
        fuzz::hold((outcome.kind == Kind::failed) == !outcome.error.empty(), "an error says why");
    }
    fuzz::hold(outcomes[0].kind == Kind::done || outcomes[0].kind == Kind::failed,
               "a session is begun or not");
    const auth::StoreOutcome& rotated = outcomes[1];
    if (rotated.kind == Kind::done || rotated.kind == Kind::repeated) {
        fuzz::hold(rotated.session.sid == "s" && !rotated.session.subject.empty(),
                   "tokens are issued to somebody");
        fuzz::hold(!rotated.token.jti.empty(), "and have an ID");
        fuzz::hold(rotated.kind == Kind::repeated || rotated.token.jti == "b", "the new one");
    }
    const auth::StoreOutcome& changes = outcomes[7];
    fuzz::hold((changes.kind == Kind::done) == (changes.revocations != nullptr), "what changed");
    for (const auth::ListedSession& session : outcomes[8].sessions) {
        fuzz::hold(!session.sid.empty(), "a session has an ID");
    }
    if (changes.revocations != nullptr) {
        fuzz::hold(!changes.revocations->epoch.empty(), "in some epoch");
        for (const auth::RevocationRecord& record : changes.revocations->added) {
            fuzz::hold(record.until > 1000, "in force");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Server& server = *new Server; // outlives its thread
    static const store::StoreAddress address = [] {
        store::StoreAddress made;
        made.kind = store::StoreAddress::Kind::redis;
        made.host = "127.0.0.1";
        made.port = server.port();
        made.database = 1;
        made.password = std::make_shared<const Secret>(bytes("secret"));
        return made;
    }();
    if (size == 0) {
        return 0;
    }
    server.answer(greeting(data[0] % 14) + std::string(fuzz::view(data + 1, size - 1)));
    store::RedisStore store(address);
    const std::array<auth::StoreStep, 9> steps{begin,
                                               rotate,
                                               auth::RevokeSession{"s", 1000},
                                               auth::FindToken{"s", "b", 1000},
                                               auth::RevokeSubject{"alice", "acme", 1000},
                                               auth::AddRevocations{{revocation}, 1000},
                                               auth::RemoveRevocation{revocation, 1000},
                                               auth::ReadRevocations{"epoch", 7, 1000},
                                               auth::ListSessions{"alice", "acme", 1000}};
    try {
        // No time for a second attempt.
        judge(store.run(steps, auth::StoreClock::now() + std::chrono::milliseconds(500)));
    } catch (const auth::StoreError& error) {
        fuzz::hold(*error.what() != '\0', "an error says why");
    }
    fuzz::error_queue_is_empty();
    return 0;
}
