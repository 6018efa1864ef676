#pragma once

#include <array>
#include <span>
#include <string_view>

#include "metrics/counters.hpp"

namespace sallyport::metrics {

// Counters with one label that has a fixed list of values.
struct Family {
    std::string_view name;   // in the text for Prometheus
    std::string_view member; // in JSON
    std::string_view help;
    std::string_view label;
    Count first;
    std::span<const std::string_view> values; // in the order of Count
};

inline constexpr std::array<std::string_view, 2> hit_or_miss{"hit", "miss"};
inline constexpr std::array<std::string_view, 8> refresh_results{
    "rotated", "repeated", "reused", "revoked", "unknown", "expired", "invalid", "error"};
inline constexpr std::array<std::string_view, 3> grants{"password", "api_key", "refresh_token"};
inline constexpr std::array<std::string_view, 3> hash_results{"matched", "mismatched", "rejected"};

inline constexpr std::array<std::string_view, 3> ends{"token_expired", "token_revoked",
                                                      "credential_expired"};

inline constexpr std::array families{
    Family{"sallyport_token_cache_requests_total", "token_cache",
           "Lookups of tokens in the token cache.", "result", Count::token_cache_hit, hit_or_miss},
    Family{"sallyport_credential_cache_requests_total", "credential_cache",
           "Lookups of passwords and API keys in the credential cache.", "result",
           Count::credential_cache_hit, hit_or_miss},
    Family{"sallyport_refreshes_total", "refreshes",
           "Refresh tokens presented to the refresh endpoint.", "result", Count::refresh_rotated,
           refresh_results},
    Family{"sallyport_tokens_issued_total", "tokens_issued", "Access tokens issued.", "grant",
           Count::issued_password, grants},
    Family{"sallyport_password_hashes_total", "password_hashes", "Slow password hashes.", "result",
           Count::hash_matched, hash_results},
    Family{"sallyport_connections_ended_total", "connections_ended",
           "Open connections that ended with their credentials.", "reason",
           Count::ended_token_expired, ends},
};

} // namespace sallyport::metrics
