#include "base/file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    [[nodiscard]] int number() const noexcept { return fd_; }

  private:
    int fd_;
};

Failure<std::string> system_failure(const char* what) {
    return failure(std::string(what) + ": " + std::generic_category().message(errno));
}

} // namespace

Result<Secret> read_file(const std::string& path, std::size_t limit) {
    // O_NONBLOCK: a FIFO instead of a file must not block. Without O_CREAT: a missing file must not
    // be created.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.number() < 0 || fstat(file.number(), &status) != 0) {
        return system_failure("cannot be opened");
    }
    if (!S_ISREG(status.st_mode)) {
        return failure("is not a regular file");
    }
    if (static_cast<std::size_t>(status.st_size) > limit) {
        return failure("is larger than " + std::to_string(limit) + " bytes");
    }
    Secret content(Bytes(static_cast<std::size_t>(status.st_size)));
    std::size_t filled = 0;
    while (filled < content.size()) {
        const auto rest = content.writable().subspan(filled);
        const ssize_t n = read(file.number(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return system_failure("cannot be read");
        }
        if (n == 0) {
            break;
        }
        filled += static_cast<std::size_t>(n);
    }
    content.shorten(filled);
    return content;
}

} // namespace sallyport
