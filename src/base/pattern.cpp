#include "base/pattern.hpp"

#include <array>
#include <new>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/handle.hpp"

namespace sallyport {
namespace {

constexpr std::uint32_t max_steps = 10'000;
constexpr std::uint32_t max_depth = 5'000;

using MatchContext = Handle<pcre2_match_context, pcre2_match_context_free>;
using MatchData = Handle<pcre2_match_data, pcre2_match_data_free>;

std::string message(int error) {
    std::array<PCRE2_UCHAR, 120> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR units(std::string_view text) noexcept {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

} // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
    if (text.size() > max_bytes) {
        return failure("has a pattern of more than 1024 bytes");
    }
    int error = 0;
    std::size_t offset = 0;
    std::shared_ptr<pcre2_code> code(
        pcre2_compile(units(text), text.size(), 0, &error, &offset, nullptr), pcre2_code_free);
    if (!code) {
        return failure("has an invalid pattern: " + message(error) + " at " +
                       std::to_string(offset));
    }
    return Pattern(std::move(code));
}

std::optional<bool> Pattern::matches(std::string_view text) const {
    const MatchContext context(pcre2_match_context_create(nullptr));
    const MatchData data(pcre2_match_data_create(1, nullptr));
    if (!context || !data) {
        throw std::bad_alloc();
    }
    pcre2_set_match_limit(context.get(), max_steps);
    pcre2_set_depth_limit(context.get(), max_depth);
    const int result =
        pcre2_match(code_.get(), units(text), text.size(), 0, 0, data.get(), context.get());
    if (result == PCRE2_ERROR_NOMATCH) {
        return false;
    }
    return result >= 0 ? std::optional(true) : std::nullopt;
}

} // namespace sallyport
