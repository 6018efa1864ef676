#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace sallyport::json {

// Builds a document from values in their order; the content of a container follows it. Borrows all
// text until the document is built.
class DocumentBuilder {
  public:
    DocumentBuilder() { elements_.reserve(usual); }

    void add(Element::Kind kind) { elements_.push_back(Element(kind)); }
    void add(std::string_view text) { add(Element::Kind::string, text); }
    // Adds a value of a kind that has text.
    void add(Element::Kind kind, std::string_view text) {
        elements_.push_back(Element(kind, text));
        text_bytes_ += text.size();
    }

    // Begins an array or object. All values until close() belong to it.
    [[nodiscard]] std::size_t open(Element::Kind kind) {
        add(kind);
        return elements_.size() - 1;
    }
    // `size` is that of Element::size().
    void close(std::size_t container, std::size_t size) noexcept {
        elements_[container].size_ = static_cast<std::uint32_t>(size);
        elements_[container].held_ = elements_.size() - 1 - container;
    }

    // For an object that is still open: whether its last name, which was added last, is among the
    // `others` before it.
    [[nodiscard]] bool repeats_name(std::size_t object, std::size_t others) const noexcept {
        const std::string_view name = elements_.back().string();
        const Element* at = &elements_[object] + 1;
        for (; others > 0; --others) {
            if (at->string() == name) {
                return true;
            }
            at = at->next()->next();
        }
        return false;
    }

    // For a closed object with many members.
    [[nodiscard]] bool has_repeated_name(std::size_t object) const {
        std::vector<std::string_view> names;
        const Element* at = &elements_[object] + 1;
        for (std::size_t left = elements_[object].size(); left > 0; --left) {
            names.push_back(at->string());
            at = at->next()->next();
        }
        std::sort(names.begin(), names.end());
        return std::adjacent_find(names.begin(), names.end()) != names.end();
    }

    [[nodiscard]] Document finish() const { return Document(elements_, text_bytes_); }

  private:
    static constexpr std::size_t usual = 64;

    // Has room for all elements of most documents.
    alignas(Element) std::array<std::byte, usual * sizeof(Element)> room_;
    std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
    std::pmr::vector<Element> elements_{&memory_};
    std::size_t text_bytes_ = 0;
};

} // namespace sallyport::json
