#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/jansson.hpp"

namespace sallyport::json {

// A value in a Document, borrowed from it. The elements of an array follow it in memory, and the
// members of an object, name and value in turn, each with its content.
class Element {
  public:
    enum class Kind : std::uint8_t { null, no, yes, integer, real, string, array, object };

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    // The number of elements of an array or members of an object; 0 for other kinds.
    [[nodiscard]] std::size_t size() const noexcept { return is_container() ? size_ : 0; }

    // Valid only for the kind in the name.
    [[nodiscard]] std::string_view string() const noexcept { return {text_, size_}; }
    // An integer or real as it was written: 19.99, 1e3, or more digits than a variable can hold.
    [[nodiscard]] std::string_view number() const noexcept { return {text_, size_}; }
    // The value, or the nearest one that the type can represent.
    [[nodiscard]] std::int64_t integer() const noexcept;
    [[nodiscard]] double real() const noexcept;

    [[nodiscard]] const Element* first() const noexcept { return this + 1; }
    // The element after this one and all its content.
    [[nodiscard]] const Element* next() const noexcept {
        return this + 1 + (is_container() ? held_ : 0);
    }

  private:
    friend class Document;
    friend class DocumentBuilder;

    explicit Element(Kind kind) noexcept : kind_(kind) {}
    Element(Kind kind, std::string_view text) noexcept
        : kind_(kind),
          size_(static_cast<std::uint32_t>(text.size())),
          text_(text.data()) {}

    [[nodiscard]] bool is_container() const noexcept { return kind_ >= Kind::array; }
    [[nodiscard]] bool has_text() const noexcept {
        return kind_ >= Kind::integer && kind_ <= Kind::string;
    }

    Kind kind_;
    std::uint32_t size_ = 0; // of a text, in bytes
    union {
        const char* text_;
        std::size_t held_ = 0; // the number of following elements that belong to it
    };
};

// An immutable JSON value in one block of memory. Jansson allocates twice for most values, which is
// too slow for the JSON of each new token. No text in it exceeds 4 GiB.
class Document {
  public:
    Document() = default;
    // Null if the document is empty.
    [[nodiscard]] const Element* root() const noexcept {
        return reinterpret_cast<const Element*>(memory_.get());
    }
    explicit operator bool() const noexcept { return memory_ != nullptr; }
    // Bytes on the heap.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    friend class DocumentBuilder;

    // Copies the text of the elements.
    Document(std::span<const Element> elements, std::size_t text_bytes);

    std::unique_ptr<std::byte[]> memory_;
    std::size_t bytes_ = 0;
};

// Parses one object. Empty for whatever parse_object rejects, except that a number may have any
// size.
Document parse_document(std::string_view text, Limits limits);
// Parses one value of any kind.
Document parse_value_document(std::string_view text, Limits limits);

// These accept null, for a value that is absent.

// The member with that name; null if there is none or `object` is not an object.
const Element* member(const Element* object, std::string_view name) noexcept;
bool is(const Element* value, Element::Kind kind) noexcept;
std::optional<std::string_view> string(const Element* value) noexcept;
// The text of a string, or the digits of an integer.
std::optional<std::string_view> string_or_integer(const Element* value) noexcept;

// The elements of an array; empty for any other value.
class Elements {
  public:
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = const Element*;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = value_type;

        explicit Iterator(const Element* at, std::size_t left) noexcept : at_(at), left_(left) {}
        const Element* operator*() const noexcept { return at_; }
        Iterator& operator++() noexcept {
            at_ = at_->next();
            --left_;
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return left_ == other.left_; }

      private:
        const Element* at_;
        std::size_t left_;
    };

    explicit Elements(const Element* value) noexcept
        : array_(is(value, Element::Kind::array) ? value : nullptr) {}

    [[nodiscard]] std::size_t size() const noexcept {
        return array_ != nullptr ? array_->size() : 0;
    }
    [[nodiscard]] Iterator begin() const noexcept {
        return Iterator(array_ != nullptr ? array_->first() : nullptr, size());
    }
    [[nodiscard]] static Iterator end() noexcept { return Iterator(nullptr, 0); }

  private:
    const Element* array_;
};

// Converts to jansson, with the nearest number that it can represent. Must not be null.
Value copy(const Element* value);
// JSON text without insignificant white space. Must not be null.
std::string compact(const Element* value);

} // namespace sallyport::json
