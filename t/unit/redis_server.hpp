#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/handle.hpp"
#include "folder.hpp"
#include "store/store_address.hpp"

namespace sallyport::test {

// A redis-server on a free port of 127.0.0.1, with its files in a folder of its own. Goes with the
// thread that started it. Throws when there is no such program.
class RedisServer {
  public:
    explicit RedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
        start();
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer() { stop(); }

    // Again on the same port.
    void start() {
        for (int attempt = 0; attempt < 5; ++attempt) {
            if (!started_) {
                port_ = free_port();
            }
            spawn();
            if (answers()) {
                started_ = true;
                return;
            }
            stop();
        }
        throw std::runtime_error("redis-server does not start: is it installed?");
    }

    // As a crash does.
    void stop() noexcept {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            pid_ = 0;
        }
    }

    void signal(int number) const { ::kill(pid_, number); }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] store::StoreAddress address() const {
        store::StoreAddress address;
        address.kind = store::StoreAddress::Kind::redis;
        address.host = "127.0.0.1";
        address.port = port_;
        return address;
    }

    // What a client without our code is told: a list has a line for each element. Empty without a
    // connection.
    std::string ask(const std::vector<std::string>& words) const {
        const Handle<redisContext, redisFree> client(redisConnect("127.0.0.1", port_));
        if (client == nullptr || client->err != 0) {
            return "";
        }
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const std::string& word : words) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        const Handle<redisReply, free_reply> reply(static_cast<redisReply*>(redisCommandArgv(
            client.get(), static_cast<int>(words.size()), texts.data(), sizes.data())));
        return reply == nullptr ? "" : text(*reply);
    }

  private:
    static void free_reply(redisReply* reply) { freeReplyObject(reply); }

    static std::string text(const redisReply& reply) {
        if (reply.type == REDIS_REPLY_INTEGER) {
            return std::to_string(reply.integer);
        }
        if (reply.type != REDIS_REPLY_ARRAY) {
            return reply.str == nullptr ? "" : std::string(reply.str, reply.len);
        }
        std::string lines;
        for (std::size_t i = 0; i < reply.elements; ++i) {
            lines += text(*reply.element[i]) + "\n";
        }
        return lines;
    }

    static int free_port() {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* name = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof(address);
        const bool bound =
            ::bind(listener, name, size) == 0 && ::getsockname(listener, name, &size) == 0;
        ::close(listener);
        return bound ? ntohs(address.sin_port) : throw std::runtime_error("no free port");
    }

    void spawn() {
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--dir",
                                       folder_.file("."),
                                       "--logfile",
                                       "log",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no"};
        words.insert(words.end(), options_.begin(), options_.end());
        std::vector<char*> arguments;
        for (std::string& word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::execvp(arguments[0], arguments.data());
            ::_exit(127);
        }
    }

    // Within ten seconds, unless it has ended: another one may have taken the port.
    bool answers() {
        for (int i = 0; i < 1000; ++i) {
            if (pid_ <= 0 || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
                pid_ = 0;
                return false;
            }
            const std::string answer = ask({"PING"});
            if (answer == "PONG" || answer.starts_with("NOAUTH")) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }

    Folder folder_;
    std::vector<std::string> options_;
    int port_ = 0;
    bool started_ = false;
    pid_t pid_ = 0;
};

} // namespace sallyport::test
