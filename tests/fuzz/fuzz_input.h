// Takes the bytes that a fuzzer offers apart into values.
//
// Every read succeeds: a spent input gives zeros and empty texts, so that a
// target has no error paths of its own.

#ifndef CRM_TESTS_FUZZ_FUZZ_INPUT_H_
#define CRM_TESTS_FUZZ_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/string_view.h"

namespace crm::testing {

// Thread-compatible.
class FuzzInput final {
 public:
  FuzzInput(const uint8_t* data, size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  // Returns the next byte.
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  // Returns the next eight bytes as a number, the lowest first.
  int64_t Integer() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) {
      value |= uint64_t{Byte()} << shift;
    }
    return static_cast<int64_t>(value);
  }

  // Returns a number from 0 to `bound` - 1.
  int Below(int bound) { return Byte() % bound; }

  // Returns as many bytes as the next byte says, or what is left of them.
  absl::string_view Text() {
    const size_t wanted = Byte();
    const size_t size = std::min(wanted, rest_.size());
    const absl::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  // Returns everything that is left.
  absl::string_view Rest() {
    const absl::string_view text = rest_;
    rest_ = {};
    return text;
  }

  bool spent() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// Ends the process, as a fuzzer expects of a finding, unless `condition` holds.
inline void Expect(bool condition, absl::string_view what) {
  if (condition) return;
  std::cerr << "Broken: " << what << "\n";
  std::abort();
}

}  // namespace crm::testing

// What the fuzzer calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // CRM_TESTS_FUZZ_FUZZ_INPUT_H_
