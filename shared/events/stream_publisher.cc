#include "shared/events/stream_publisher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using internal::v1::HeadFeedResponse;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;

}  // namespace

StreamPublisher::StreamPublisher(Database& database, const Outbox& outbox,
                                 RedisPool& redis, const Clock& clock,
                                 Options options)
    : database_(database),
      outbox_(outbox),
      redis_(redis),
      clock_(clock),
      options_(options),
      append_script_(AppendScript()) {}

absl::Status StreamPublisher::Publish() {
  CRM_RETURN_IF_ERROR(ReadHeads());
  if (!known_) CRM_RETURN_IF_ERROR(AskStreams());
  while (!Level()) {
    const std::vector<int64_t> before = published_;
    if (absl::Status status = AppendBatch(); !status.ok()) {
      // Whether the last batch arrived is not known.
      known_ = false;
      return status;
    }
    if (published_ == before) {
      known_ = false;
      return Aborted("STREAM_CONTENDED",
                     "The streams did not grow; another process may write to "
                     "them.");
    }
  }
  return Trim();
}

absl::Status StreamPublisher::ReadHeads() {
  absl::StatusOr<HeadFeedResponse> head;
  CRM_RETURN_IF_ERROR(
      database_.Read(clock_.Now() + options_.timeout, [&](SqlReader& reader) {
        head = outbox_.Head(reader);
        return head.status();
      }));
  heads_.assign(head->head_seqs().begin(), head->head_seqs().end());
  if (head->feed_epoch() != feed_epoch_ || published_.empty()) {
    feed_epoch_ = head->feed_epoch();
    published_.assign(heads_.size(), 0);
    trimmed_.assign(heads_.size(), 0);
    known_ = false;
  }
  return absl::OkStatus();
}

absl::Status StreamPublisher::AskStreams() {
  std::vector<RedisScript::Run> runs;
  std::vector<int> partitions;
  for (int i = 0; i < outbox_.partitions(); ++i) {
    runs.push_back(AskRun(StreamKey(outbox_.service(), i, feed_epoch_)));
    partitions.push_back(i);
  }
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       append_script_.EvalMany(redis_, runs, options_.timeout));
  CRM_RETURN_IF_ERROR(TakeAnswers(partitions, replies));
  known_ = true;
  return absl::OkStatus();
}

absl::Status StreamPublisher::AppendBatch() {
  std::vector<RedisScript::Run> runs;
  std::vector<int> partitions;
  const auto read = [&](SqlReader& reader) -> absl::Status {
    for (int i = 0; i < outbox_.partitions(); ++i) {
      const size_t index = static_cast<size_t>(i);
      if (published_[index] >= heads_[index]) continue;
      const bool begins = published_[index] == 0;
      ReadFeedRequest request;
      request.set_partition(i);
      request.set_max_events(options_.batch);
      request.set_after_seq(
          begins ? std::max<int64_t>(0, heads_[index] - options_.keep_entries)
                 : published_[index]);
      CRM_ASSIGN_OR_RETURN(const ReadFeedResponse response,
                           outbox_.Read(reader, request));
      if (response.events().empty()) continue;
      runs.push_back(AppendRun(StreamKey(outbox_.service(), i, feed_epoch_),
                               begins, response.events()));
      partitions.push_back(i);
    }
    return absl::OkStatus();
  };
  CRM_RETURN_IF_ERROR(database_.Read(clock_.Now() + options_.timeout, read));
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       append_script_.EvalMany(redis_, runs, options_.timeout));
  return TakeAnswers(partitions, replies);
}

absl::Status StreamPublisher::TakeAnswers(
    const std::vector<int>& partitions,
    const std::vector<RedisReply>& replies) {
  absl::Status first_error;
  for (size_t i = 0; i < partitions.size() && i < replies.size(); ++i) {
    const size_t index = static_cast<size_t>(partitions[i]);
    const absl::StatusOr<AppendAnswer> answer = ReadAppendAnswer(replies[i]);
    if (!answer.ok()) {
      first_error.Update(answer.status());
      continue;
    }
    // Refused or not, this is where the stream ends.
    published_[index] = answer->last_seq;
    if (answer->last_seq > heads_[index]) {
      first_error.Update(FailedPrecondition(
          "STREAM_AHEAD",
          absl::StrCat("Partition ", partitions[i], " of '", outbox_.service(),
                       "' ends at ", heads_[index], " in the database and at ",
                       answer->last_seq,
                       " in Redis; raise the feed epoch after restoring a "
                       "backup."),
          StreamKey(outbox_.service(), partitions[i], feed_epoch_)));
    }
  }
  return first_error;
}

absl::Status StreamPublisher::Trim() {
  std::vector<RedisCommand> commands;
  for (size_t i = 0; i < published_.size(); ++i) {
    const int64_t oldest = published_[i] - options_.keep_entries;
    // A tenth at a time: trimming each append would cost as much as appending.
    if (oldest - trimmed_[i] <
        std::max<int64_t>(1, options_.keep_entries / 10)) {
      continue;
    }
    trimmed_[i] = oldest;
    commands.push_back(
        {"XTRIM",
         StreamKey(outbox_.service(), static_cast<int>(i), feed_epoch_),
         "MINID", "~", absl::StrCat(oldest + 1)});
  }
  return redis_.Pipeline(commands, options_.timeout).status();
}

bool StreamPublisher::Level() const {
  for (size_t i = 0; i < heads_.size(); ++i) {
    if (published_[i] < heads_[i]) return false;
  }
  return true;
}

}  // namespace crm
