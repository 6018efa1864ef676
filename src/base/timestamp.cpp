#include "base/timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace sallyport {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Removes what it reads from the front of the text, and remembers whether anything was invalid.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    int number(std::size_t digits, int least, int most) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = next();
            good_ = good_ && is_digit(c);
            value = value * 10 + (c - '0');
        }
        good_ = good_ && value >= least && value <= most;
        return good_ ? value : least;
    }

    char one_of(std::string_view allowed) noexcept {
        const char c = next();
        good_ = good_ && allowed.find(c) != std::string_view::npos;
        return c;
    }

    void fraction() noexcept {
        if (!rest_.empty() && rest_.front() == '.') {
            next();
            number(1, 0, 9);
            while (!rest_.empty() && is_digit(rest_.front())) {
                next();
            }
        }
    }

    [[nodiscard]] bool is_done() const noexcept { return good_ && rest_.empty(); }

  private:
    char next() noexcept {
        if (rest_.empty()) {
            good_ = false;
            return '\0';
        }
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::string_view rest_;
    bool good_ = true;
};

} // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    Reader in(text);
    const std::chrono::year year(in.number(4, 0, 9999));
    in.one_of("-");
    const std::chrono::month month(static_cast<unsigned>(in.number(2, 1, 12)));
    in.one_of("-");
    const std::chrono::day day(static_cast<unsigned>(in.number(2, 1, 31)));
    in.one_of("Tt ");
    std::int64_t seconds = std::int64_t{3600} * in.number(2, 0, 23);
    in.one_of(":");
    seconds += std::int64_t{60} * in.number(2, 0, 59);
    in.one_of(":");
    seconds += in.number(2, 0, 60); // a leap second counts as the first second of the next minute
    in.fraction();
    const char zone = in.one_of("Zz+-");
    if (zone == '+' || zone == '-') {
        int offset = in.number(2, 0, 23) * 3600;
        in.one_of(":");
        offset += in.number(2, 0, 59) * 60;
        seconds += zone == '+' ? -offset : offset;
    }
    const std::chrono::year_month_day date(year, month, day);
    if (!in.is_done() || !date.ok()) {
        return std::nullopt;
    }
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return static_cast<std::int64_t>(days) * 86400 + seconds;
}

std::string format_rfc3339(std::int64_t milliseconds) {
    using namespace std::chrono;
    const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::array<char, 64> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace sallyport
