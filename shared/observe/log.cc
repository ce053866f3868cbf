#include "shared/observe/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

absl::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// Text cut inside a UTF-8 sequence ends in U+FFFD when it is escaped.
std::string Text(absl::string_view text) {
  return std::string(text.substr(0, kMaxLogTextBytes));
}

nlohmann::ordered_json ToJson(const LogField::Value& value) {
  return std::visit(
      [](const auto& held) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>,
                                     absl::string_view>) {
          return Text(held);
        } else {
          return held;
        }
      },
      value);
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo,
                               LogLevel::kWarning, LogLevel::kError}) {
    if (NameOf(level) == name) return level;
  }
  return InvalidArgument(
      "BAD_LOG_LEVEL",
      absl::StrCat("'", name,
                   "' is not a log level; use debug, info, warning or error."));
}

Logger::Logger(const Clock& clock, absl::string_view program, LogLevel least,
               int descriptor)
    : clock_(clock),
      program_(program),
      least_(least),
      descriptor_(descriptor) {}

void Logger::Log(LogLevel level, absl::string_view message,
                 absl::Span<const LogField> fields) {
  if (!Writes(level)) return;
  nlohmann::ordered_json record = {
      {"time", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock_.Now(),
                                absl::UTCTimeZone())},
      {"level", std::string(NameOf(level))},
      {"program", program_},
      {"message", Text(message)},
  };
  for (const LogField& field : fields) {
    record.emplace(std::string(field.name()), ToJson(field.value()));
  }
  std::string line =
      record.dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/false,
                  nlohmann::ordered_json::error_handler_t::replace);
  line.push_back('\n');

  std::lock_guard lock(mutex_);
  if (!rest_.empty()) WriteRest();
  // Lines stay whole: none begins before the one that has begun is out.
  const bool begins = rest_.empty();
  const size_t size = line.size();
  if (begins) {
    rest_ = std::move(line);
    WriteRest();
  }
  if (!begins || rest_.size() == size) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    if (begins) rest_.clear();
  }
}

void Logger::WriteRest() {
  size_t written = 0;
  while (written < rest_.size()) {
    pollfd log = {descriptor_, POLLOUT, 0};
    if (poll(&log, 1, 0) <= 0 || (log.revents & POLLOUT) == 0) break;
    // A pipe that has room takes so much without waiting.
    const size_t part = std::min<size_t>(rest_.size() - written, PIPE_BUF);
    const ssize_t done = write(descriptor_, rest_.data() + written, part);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) break;
    written += static_cast<size_t>(done);
  }
  rest_.erase(0, written);
}

}  // namespace crm
