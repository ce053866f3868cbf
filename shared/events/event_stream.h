// The form of events in Redis: the names of the streams, the script that
// appends to them and the entries that are read.

#ifndef CRM_SHARED_EVENTS_EVENT_STREAM_H_
#define CRM_SHARED_EVENTS_EVENT_STREAM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/event.pb.h"
#include "google/protobuf/repeated_field.h"
#include "shared/redis/reply.h"
#include "shared/redis/script.h"

namespace crm {

// Returns the stream of a partition, as `ev:{operational:07}:e1`. Each epoch
// has streams of its own.
std::string StreamKey(absl::string_view service, int partition,
                      int64_t feed_epoch);

// Returns the key that holds the last position of that stream, also after the
// stream was trimmed to nothing: the stream's name and `:last`.
std::string StreamLastKey(absl::string_view stream_key);

// The script `append_if_contiguous`. It appends events with ids `<seq>-0`, only
// if the stream ends right before the first of them, or exactly where a hole is
// allowed.
RedisScript AppendScript();

inline constexpr int64_t kNoHole = -1;

// Returns the run that appends `events`, at least one, by rising seq without
// holes. A stream that ends at `hole_after` may have a hole before them: 0 lets
// an empty stream begin anywhere.
RedisScript::Run AppendRun(
    absl::string_view stream_key, int64_t hole_after,
    const google::protobuf::RepeatedPtrField<internal::v1::Event>& events);

// Returns a run that appends nothing and tells how far the stream is.
RedisScript::Run AskRun(absl::string_view stream_key);

// What the script answers: whether it appended, and the last position after.
struct AppendAnswer {
  bool appended = false;
  int64_t last_seq = 0;
};

// Reads the script's answer. Returns its error, or INTERNAL (REDIS_REPLY).
absl::StatusOr<AppendAnswer> ReadAppendAnswer(const RedisReply& reply);

// One entry of a stream. `event` is empty if the entry is damaged.
struct StreamEntry {
  int64_t seq = 0;
  std::optional<internal::v1::Event> event;
};

// The entries of one stream that an XREAD returned.
struct StreamEntries {
  std::string stream_key;
  std::vector<StreamEntry> entries;
};

// Reads the reply of XREAD; nil, for nothing new, gives nothing. Returns its
// error, or INTERNAL (REDIS_REPLY) for any other form.
absl::StatusOr<std::vector<StreamEntries>> ReadStreams(const RedisReply& reply);

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_EVENT_STREAM_H_
