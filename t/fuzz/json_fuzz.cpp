#include "base/json.hpp"
#include "base/plain_json.hpp"
#include "fuzz.hpp"

// What the fast way reads, jansson reads as well, and to the same value.

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr json::Limits limits{16 << 10, 32};
    const std::string_view text = fuzz::view(data, size);
    const json::Document plain = json::parse_plain_object(text, limits.depth);
    const json::Document document = json::parse_document(text, limits);
    const json::Value whole(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
    const json::Value parsed = json::parse_object(text, limits);
    if (plain) {
        fuzz::hold(json_equal(json::copy(plain.root()).get(), whole.get()) == 1,
                   "plain texts mean the same");
    }
    fuzz::hold(static_cast<bool>(document) == static_cast<bool>(parsed), "the same is refused");
    if (parsed) {
        fuzz::hold(json_equal(json::copy(document.root()).get(), whole.get()) == 1,
                   "a document means the same");
        fuzz::hold(json_equal(parsed.get(), whole.get()) == 1, "all texts mean the same");
    }
    return 0;
}
