#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

// Gives recorded inputs to a fuzz target, for compilers that have no fuzzer.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** names) {
    for (int at = 1; at < count; ++at) {
        std::ifstream file(names[at], std::ios::binary);
        const std::string input{std::istreambuf_iterator<char>(file), {}};
        if (!file.is_open() || file.bad()) {
            std::fprintf(stderr, "cannot read %s\n", names[at]);
            return 1;
        }
        static_cast<void>(LLVMFuzzerTestOneInput(
            reinterpret_cast<const std::uint8_t*>(input.data()), input.size()));
    }
    std::printf("%s: %d inputs\n", names[0], count - 1);
    return count > 1 ? 0 : 1;
}
