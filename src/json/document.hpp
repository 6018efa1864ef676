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

// One value of a Document, borrowed from it. Behind an array stand its elements, behind an object
// its members, name and value in turn, each with all that it holds itself.
class Element {
  public:
    enum class Kind : std::uint8_t { null, no, yes, integer, real, string, array, object };

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    // How many elements an array has, how many members an object; 0 of all others.
    [[nodiscard]] std::size_t size() const noexcept { return is_container() ? size_ : 0; }

    // What the names say where kind() is theirs.
    [[nodiscard]] std::string_view string() const noexcept { return {text_, size_}; }
    // An integer or real as it was written: 19.99, 1e3, or more digits than a variable holds.
    [[nodiscard]] std::string_view number() const noexcept { return {text_, size_}; }
    // Its value, or the nearest one of the type.
    [[nodiscard]] std::int64_t integer() const noexcept;
    [[nodiscard]] double real() const noexcept;

    [[nodiscard]] const Element* first() const noexcept { return this + 1; }
    // The one behind it, and behind all that it holds.
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
    std::uint32_t size_ = 0; // of a text, bytes
    union {
        const char* text_;
        std::size_t held_ = 0; // elements behind it that belong to it
    };
};

// A JSON value that is read and never changed, in one piece of memory, where jansson takes two for
// most values: a token's JSON is made and freed with each token that is new. No text in it has more
// than 4 GiB.
class Document {
  public:
    Document() = default;
    // Null when there is none.
    [[nodiscard]] const Element* root() const noexcept {
        return reinterpret_cast<const Element*>(memory_.get());
    }
    explicit operator bool() const noexcept { return memory_ != nullptr; }
    // Of the heap.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    friend class DocumentBuilder;

    // Copies the elements' text.
    Document(std::span<const Element> elements, std::size_t text_bytes);

    std::unique_ptr<std::byte[]> memory_;
    std::size_t bytes_ = 0;
};

// One object. None for what parse_object refuses, except that a number of any size is accepted.
Document parse_document(std::string_view text, Limits limits);
// The same for a value of any kind.
Document parse_value_document(std::string_view text, Limits limits);

// These take null, as where there is no such value.

// The member of that name, or null where there is none or `object` is not an object.
const Element* member(const Element* object, std::string_view name) noexcept;
bool is(const Element* value, Element::Kind kind) noexcept;
std::optional<std::string_view> string(const Element* value) noexcept;
// The text of a string, or the digits of an integer.
std::optional<std::string_view> string_or_integer(const Element* value) noexcept;

// The elements of an array; none of anything else.
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

// The same for jansson, with the nearest numbers that it holds. Not of null.
Value copy(const Element* value);
// JSON text without insignificant white space. Not of null.
std::string compact(const Element* value);

} // namespace sallyport::json
