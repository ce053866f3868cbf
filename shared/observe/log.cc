#include "shared/observe/log.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

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

  // The lock keeps lines whole where the kernel takes one in parts.
  std::lock_guard lock(mutex_);
  absl::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace crm
