#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <jansson.h>

namespace sallyport::auth {

// Entries in JSON files of users and keys. They are strict: a misspelled member, such as "expire",
// must not grant access that the correct one would deny.

// user "alice": for log lines.
std::string entry_label(const char* kind, std::string_view name);

// Notes that an entry is skipped. The wrong file can have millions of invalid entries, so only the
// first hundred are noted.
void warn(std::vector<std::string>& warnings, const std::string& label, const std::string& wrong);

// Notes that a file has more kinds of slow hashes than HashKinds supports.
void warn_of_kinds(std::vector<std::string>& warnings);

// Empty if the entry is an object with a string in `credential` and otherwise only members that
// account_data() reads; or what is wrong with it, in one phrase.
std::optional<std::string> wrong_member(const json_t* entry, const char* credential);

} // namespace sallyport::auth
