#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <jansson.h>

namespace sallyport::auth {

// What the entries of JSON files of users and keys have in common. They are strict: a member with
// a slip of the pen in its name, such as "expire", would open what it was meant to close.

// user "alice": for log lines.
std::string entry_label(const char* kind, std::string_view name);

// Notes that an entry, named by its label, is left out. A file that is none would have millions of
// them: enough is enough after the first hundred.
void warn(std::vector<std::string>& warnings, const std::string& label, const std::string& wrong);

// Notes that a file has more kinds of slow hashes than HashKinds covers.
void warn_of_kinds(std::vector<std::string>& warnings);

// Nothing when the entry is an object with a text in `credential` and else only with members that
// account_data() reads; or what it has that it should not have, in one phrase.
std::optional<std::string> wrong_member(const json_t* entry, const char* credential);

} // namespace sallyport::auth
