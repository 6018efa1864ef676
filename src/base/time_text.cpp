#include "base/time_text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace sallyport {

std::string time_text(double seconds, std::int64_t now) {
    constexpr double year_10000 = 253402300800;
    constexpr double limit = std::int64_t{1} << 53; // a double holds every second up to here
    const auto whole = static_cast<std::int64_t>(std::clamp(seconds, -limit, limit));
    std::string text = std::to_string(whole);
    if (seconds >= 0 && seconds < year_10000) {
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
