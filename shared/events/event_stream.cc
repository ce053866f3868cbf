#include "shared/events/event_stream.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using internal::v1::Event;

// The one field of an entry, which holds the event.
constexpr absl::string_view kEventField = "e";

// KEYS[1] the stream, KEYS[2] its last position; ARGV[1] the position of the
// first event (0 asks only), ARGV[2] the end of the stream after which a hole
// is allowed, then the events. Returns {1 if appended, last position}. The last
// position has a key of its own because a stream that was trimmed to nothing
// may be gone, and asking the stream itself copies its first and last entry.
constexpr char kAppendScript[] = R"(
local last = tonumber(redis.call('GET', KEYS[2]))
if not last then
  last = 0
  if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then
        last = tonumber(string.match(info[i + 1], '^%d+'))
      end
    end
  end
end
local first = tonumber(ARGV[1])
local may_skip = last == tonumber(ARGV[2]) and first > last
if first == 0 or (first ~= last + 1 and not may_skip) then return {0, last} end
for i = 3, #ARGV do
  local id = string.format('%.0f-0', first + i - 3)
  redis.call('XADD', KEYS[1], id, 'e', ARGV[i])
end
last = first + #ARGV - 3
redis.call('SET', KEYS[2], string.format('%.0f', last))
return {1, last}
)";

absl::Status BadReply() {
  return Internal("REDIS_REPLY", "Redis sent a reply of an unexpected form.");
}

RedisScript::Run MakeRun(absl::string_view stream_key, int64_t first_seq,
                         int64_t hole_after) {
  return {.keys = {std::string(stream_key), StreamLastKey(stream_key)},
          .arguments = {absl::StrCat(first_seq), absl::StrCat(hole_after)}};
}

// Reads `<seq>-0`.
std::optional<int64_t> ReadId(const RedisReply& reply) {
  const std::string* text = reply.text();
  int64_t seq = 0;
  if (text == nullptr || !absl::EndsWith(*text, "-0") ||
      !absl::SimpleAtoi(absl::StripSuffix(*text, "-0"), &seq)) {
    return std::nullopt;
  }
  return seq;
}

// Reads the fields of an entry, which Redis sends as name, value, ...
std::optional<Event> ReadEvent(const RedisReply& reply) {
  const std::vector<RedisReply>* fields = reply.array();
  if (fields == nullptr || fields->size() != 2) return std::nullopt;
  const std::string* name = (*fields)[0].text();
  const std::string* value = (*fields)[1].text();
  Event event;
  if (name == nullptr || *name != kEventField || value == nullptr ||
      !event.ParseFromString(*value)) {
    return std::nullopt;
  }
  return event;
}

absl::StatusOr<StreamEntry> ReadEntry(const RedisReply& reply) {
  const std::vector<RedisReply>* pair = reply.array();
  if (pair == nullptr || pair->size() != 2) return BadReply();
  const std::optional<int64_t> seq = ReadId((*pair)[0]);
  if (!seq.has_value()) return BadReply();
  StreamEntry entry{.seq = *seq, .event = ReadEvent((*pair)[1])};
  // An event elsewhere than at its own position is damage as well.
  if (entry.event.has_value() && entry.event->seq() != entry.seq) {
    entry.event.reset();
  }
  return entry;
}

}  // namespace

std::string StreamKey(absl::string_view service, int partition,
                      int64_t feed_epoch) {
  return absl::StrFormat("ev:{%s:%02d}:e%d", service, partition, feed_epoch);
}

std::string StreamLastKey(absl::string_view stream_key) {
  return absl::StrCat(stream_key, ":last");
}

RedisScript AppendScript() { return RedisScript(kAppendScript); }

RedisScript::Run AppendRun(
    absl::string_view stream_key, int64_t hole_after,
    const google::protobuf::RepeatedPtrField<Event>& events) {
  RedisScript::Run run = MakeRun(stream_key, events[0].seq(), hole_after);
  for (const Event& event : events) {
    run.arguments.push_back(event.SerializeAsString());
  }
  return run;
}

RedisScript::Run AskRun(absl::string_view stream_key) {
  return MakeRun(stream_key, 0, kNoHole);
}

absl::StatusOr<AppendAnswer> ReadAppendAnswer(const RedisReply& reply) {
  CRM_RETURN_IF_ERROR(reply.status());
  const std::vector<RedisReply>* pair = reply.array();
  if (pair == nullptr || pair->size() != 2) return BadReply();
  const int64_t* appended = (*pair)[0].integer();
  const int64_t* last_seq = (*pair)[1].integer();
  if (appended == nullptr || last_seq == nullptr) return BadReply();
  return AppendAnswer{.appended = *appended == 1, .last_seq = *last_seq};
}

absl::StatusOr<std::vector<StreamEntries>> ReadStreams(
    const RedisReply& reply) {
  CRM_RETURN_IF_ERROR(reply.status());
  std::vector<StreamEntries> streams;
  if (reply.is_nil()) return streams;
  const std::vector<RedisReply>* array = reply.array();
  if (array == nullptr) return BadReply();
  for (const RedisReply& element : *array) {
    const std::vector<RedisReply>* pair = element.array();
    if (pair == nullptr || pair->size() != 2) return BadReply();
    const std::string* key = (*pair)[0].text();
    const std::vector<RedisReply>* entries = (*pair)[1].array();
    if (key == nullptr || entries == nullptr) return BadReply();
    StreamEntries& stream = streams.emplace_back();
    stream.stream_key = *key;
    for (const RedisReply& entry : *entries) {
      CRM_ASSIGN_OR_RETURN(StreamEntry read, ReadEntry(entry));
      stream.entries.push_back(std::move(read));
    }
  }
  return streams;
}

}  // namespace crm
