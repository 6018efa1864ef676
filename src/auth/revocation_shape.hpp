#pragma once

#include <cstddef>
#include <cstdint>

#include "auth/revocation_entry.hpp"

namespace sallyport::auth {

// Who maintains an entry: the file is replaced as a whole, other entries come and go one by one.
enum class RevocationSource : std::uint8_t { file, single };
inline constexpr std::size_t revocation_source_count = 2;

// A set of sources.
struct RevocationSources {
    bool file = true;
    bool single = true;
};

// What an entry names besides its value. Each shape has a number; the numbers are stored, so they
// must not change.
struct RevocationShape {
    RevocationSource source;
    RevocationKind kind;
    bool has_issuer;
    bool is_of_every_tenant;
};

inline constexpr std::size_t revocation_kind_count = revocation_kinds.size();
inline constexpr std::size_t shapes_of_source = revocation_kind_count * 2 * 2;
static_assert(revocation_source_count * shapes_of_source <= 64, "they are bits");

constexpr std::uint8_t number_of(RevocationShape shape) noexcept {
    const std::size_t kind = static_cast<std::size_t>(shape.source) * revocation_kind_count +
                             static_cast<std::size_t>(shape.kind);
    return static_cast<std::uint8_t>(kind * 4 + (shape.has_issuer ? 2 : 0) +
                                     (shape.is_of_every_tenant ? 1 : 0));
}

constexpr RevocationShape shape_of(std::size_t number) noexcept {
    const std::size_t kind = number / 4;
    return {static_cast<RevocationSource>(kind / revocation_kind_count),
            static_cast<RevocationKind>(kind % revocation_kind_count), (number & 2) != 0,
            (number & 1) != 0};
}

// Whether it is the number of a shape of that source.
constexpr bool is_shape_of(RevocationSource source, std::size_t number) noexcept {
    return number / shapes_of_source == static_cast<std::size_t>(source);
}

constexpr std::uint64_t bit_of_shape(std::size_t number) noexcept {
    return std::uint64_t{1} << number;
}

constexpr std::uint64_t bits_of_shapes(RevocationSources sources) noexcept {
    constexpr std::uint64_t all = (std::uint64_t{1} << shapes_of_source) - 1;
    return (sources.file ? all : 0) | (sources.single ? all << shapes_of_source : 0);
}

} // namespace sallyport::auth
