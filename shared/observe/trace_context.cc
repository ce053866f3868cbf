#include "shared/observe/trace_context.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace crm {
namespace {

// Offsets in `vv-tttttttttttttttttttttttttttttttt-ssssssssssssssss-ff`.
constexpr size_t kTraceBegin = 3;
constexpr size_t kTraceSize = 32;
constexpr size_t kSpanBegin = 36;
constexpr size_t kSpanSize = 16;
constexpr size_t kFlagsBegin = 53;
constexpr size_t kHeaderSize = 55;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  });
}

bool IsId(absl::string_view text) {
  return IsLowerHex(text) && text.find_first_not_of('0') != text.npos;
}

int HexDigit(char c) { return absl::ascii_isdigit(c) ? c - '0' : c - 'a' + 10; }

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() < kHeaderSize) return std::nullopt;
  const absl::string_view version = header.substr(0, 2);
  if (!IsLowerHex(version) || version == "ff") return std::nullopt;
  if (header.size() > kHeaderSize &&
      (version == "00" || header[kHeaderSize] != '-')) {
    return std::nullopt;
  }
  const absl::string_view trace_id = header.substr(kTraceBegin, kTraceSize);
  const absl::string_view span_id = header.substr(kSpanBegin, kSpanSize);
  const absl::string_view flags = header.substr(kFlagsBegin, 2);
  if (header[kTraceBegin - 1] != '-' || header[kSpanBegin - 1] != '-' ||
      header[kFlagsBegin - 1] != '-' || !IsId(trace_id) || !IsId(span_id) ||
      !IsLowerHex(flags)) {
    return std::nullopt;
  }
  return TraceContext{.trace_id = std::string(trace_id),
                      .span_id = std::string(span_id),
                      .parent_span_id = "",
                      .sampled = (HexDigit(flags[1]) & 1) != 0};
}

std::string FormatTraceparent(const TraceContext& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.span_id,
                      context.sampled ? "-01" : "-00");
}

TraceMaker::TraceMaker()
    : random_([] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(),
                           device(), device(), device(), device()};
        return std::mt19937_64(seed);
      }()) {}

TraceMaker::TraceMaker(uint64_t seed) : random_(seed) {}

TraceContext TraceMaker::Continue(absl::string_view traceparent) {
  if (const auto sender = ParseTraceparent(traceparent)) {
    return ChildOf(*sender);
  }
  TraceContext context;
  context.trace_id = absl::StrCat(RandomHex(), RandomHex());
  context.span_id = RandomHex();
  return context;
}

TraceContext TraceMaker::ChildOf(const TraceContext& parent) {
  return {.trace_id = parent.trace_id,
          .span_id = RandomHex(),
          .parent_span_id = parent.span_id,
          .sampled = parent.sampled};
}

std::string TraceMaker::RandomHex() {
  std::lock_guard lock(mutex_);
  uint64_t number = 0;
  while (number == 0) number = random_();
  return absl::StrCat(absl::Hex(number, absl::kZeroPad16));
}

}  // namespace crm
