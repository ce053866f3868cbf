// Writes the log: one JSON object a line, which machines and people can read.
//
//   logger.Log(LogLevel::kInfo, "call", {{"method", name}, {"millis", 1.5}});
//   {"time":"2024-02-29T12:00:00.000000Z","level":"info","program":"gateway",
//    "message":"call","method":"...","millis":1.5}           (on one line)
//
// Text is escaped, so no value can forge a line; bytes that are not UTF-8
// become U+FFFD. Callers log ids and codes, never bodies or personal data.
//
// A log that nobody reads, or whose disk is full, costs lines and nothing else:
// what cannot be written at once is lost and counted.

#ifndef CRM_SHARED_OBSERVE_LOG_H_
#define CRM_SHARED_OBSERVE_LOG_H_

#include <atomic>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/base/clock.h"

namespace crm {

// How much a record matters, least first.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Returns the level called `name` (`debug`, `info`, `warning`, `error`), or
// INVALID_ARGUMENT (BAD_LOG_LEVEL).
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name);

// The longest text of one field, in bytes; longer ones are cut.
inline constexpr size_t kMaxLogTextBytes = 4096;

// One named value of a record. Refers to text of the caller. Immutable.
class LogField {
 public:
  using Value =
      std::variant<absl::string_view, int64_t, uint64_t, double, bool>;

  LogField(absl::string_view name, absl::string_view text)
      : name_(name), value_(text) {}
  LogField(absl::string_view name, const char* text)
      : LogField(name, absl::string_view(text)) {}
  LogField(absl::string_view name, const std::string& text)
      : LogField(name, absl::string_view(text)) {}
  LogField(absl::string_view name, double number)
      : name_(name), value_(number) {}
  LogField(absl::string_view name, bool truth) : name_(name), value_(truth) {}
  template <std::signed_integral Number>
  LogField(absl::string_view name, Number number)
      : name_(name), value_(int64_t{number}) {}
  template <std::unsigned_integral Number>
  LogField(absl::string_view name, Number number)
      : name_(name), value_(uint64_t{number}) {}

  absl::string_view name() const { return name_; }
  const Value& value() const { return value_; }

 private:
  absl::string_view name_;
  Value value_;
};

// Writes records of at least one level to a file descriptor. Thread-safe: lines
// never mix.
class Logger {
 public:
  // `program` is named in each record. `descriptor` stays the caller's.
  Logger(const Clock& clock, absl::string_view program, LogLevel least,
         int descriptor);

  // Returns whether records of `level` are written, for callers whose fields
  // cost something to compute.
  bool Writes(LogLevel level) const { return level >= least_; }

  // Writes one record. A field named like an earlier one (time, level, program,
  // message) is left out. Never waits for who reads the log, unless another
  // process fills the same pipe at the same instant, and never fails.
  void Log(LogLevel level, absl::string_view message,
           absl::Span<const LogField> fields = {});

  // Returns how many records could not be written.
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  // Writes as much of `rest_` as can be without waiting.
  void WriteRest();

  const Clock& clock_;
  const std::string program_;
  const LogLevel least_;
  const int descriptor_;
  std::atomic<uint64_t> lost_{0};
  std::mutex mutex_;
  // What a reader that is behind has not taken yet of a line that has begun.
  std::string rest_;
};

}  // namespace crm

#endif  // CRM_SHARED_OBSERVE_LOG_H_
