#include "base/time_text.hpp"

#include <array>
#include <ctime>

namespace sallyport {

std::string time_text(double seconds, std::int64_t now) {
    constexpr double year_10000 = 253402300800;
    const auto whole = static_cast<std::int64_t>(seconds);
    std::string text = std::to_string(whole);
    if (seconds < year_10000) {
        const std::time_t time = whole;
        std::tm parts{};
        std::array<char, 32> buffer{};
        gmtime_r(&time, &parts);
        text.assign(buffer.data(),
                    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
    }
    const std::int64_t ago = now - whole;
    return text + (ago >= 0 ? " (" + std::to_string(ago) + " s ago)"
                            : " (in " + std::to_string(-ago) + " s)");
}

} // namespace sallyport
