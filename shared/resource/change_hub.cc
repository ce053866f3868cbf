#include "shared/resource/change_hub.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/sealed_text.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::internal::v1::ReadFeedRequest;
using ::crm::platform::v1::Change;
using ::crm::platform::v1::WatchRequest;

constexpr char kPurpose[] = "crm-watch";
constexpr absl::Duration kReadTimeout = absl::Seconds(2);
constexpr int kBatch = 256;

Change ChangeOf(const Event& event) {
  Change change;
  change.set_event_id(event.id());
  change.set_type(event.type());
  change.set_service(event.service());
  change.set_resource_type(event.resource_type());
  change.set_resource(event.resource());
  change.set_ordering_key(event.ordering_key());
  change.set_key_version(event.key_version());
  change.set_resource_version(event.resource_version());
  *change.mutable_changed_fields() = event.changed_fields();
  change.set_after(event.after());
  change.set_actor(event.actor());
  change.set_request_id(event.request_id());
  change.set_method(event.method());
  *change.mutable_event_time() = event.event_time();
  return change;
}

}  // namespace

// One stream. Used by the hub's thread alone once it is open, but for `room`.
struct ChangeHub::Session {
  std::shared_ptr<Call> call;
  std::shared_ptr<ServerStream> stream;
  Filter filter;
  std::vector<std::string> types;
  std::string customer;
  // What the token was given for, hashed.
  std::string binding;
  int64_t feed_epoch = 0;
  std::vector<int64_t> positions;
  absl::Duration last_sent;
  std::atomic<bool> room{true};
};

ChangeHub::ChangeHub(Database& database, const Outbox& outbox,
                     const Clock& clock, Options options)
    : database_(database),
      outbox_(outbox),
      clock_(clock),
      options_(std::move(options)),
      thread_([this] { Loop(); }) {}

ChangeHub::~ChangeHub() { Stop(); }

void ChangeHub::Wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void ChangeHub::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (const auto& session : sessions_) {
    session->stream->Finish(
        Unavailable("DRAINING",
                    "The server is stopping. Watch again from your last "
                    "resume token."));
  }
  sessions_.clear();
}

void ChangeHub::Watch(std::shared_ptr<Call> call,
                      std::shared_ptr<ServerStream> stream) {
  auto session = Open(call, stream);
  if (!session.ok()) {
    stream->Finish(session.status());
    return;
  }
  stream->SetOnReady([this, weak = std::weak_ptr<Session>(*session)] {
    if (const auto ready = weak.lock()) ready->room = true;
    Wake();
  });
  std::lock_guard lock(mutex_);
  const absl::Status admitted = Admit(call->context.principal);
  if (!admitted.ok()) {
    stream->Finish(admitted);
    return;
  }
  sessions_.push_back(*std::move(session));
  woken_ = true;
  changed_.notify_one();
}

absl::Status ChangeHub::Admit(const Principal& principal) const {
  if (stopping_) return Unavailable("DRAINING", "The server is stopping.");
  const auto mine =
      std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& other) {
        const Principal& theirs = other->call->context.principal;
        return theirs.tenant == principal.tenant &&
               theirs.subject == principal.subject;
      });
  if (mine < kMaxWatchesPerPrincipal) return absl::OkStatus();
  return ResourceExhausted(
      "TOO_MANY_WATCHES",
      absl::StrCat("You watch ", mine,
                   " times already; end a stream before you open another."));
}

absl::StatusOr<std::shared_ptr<ChangeHub::Session>> ChangeHub::Open(
    const std::shared_ptr<Call>& call,
    const std::shared_ptr<ServerStream>& stream) {
  const auto& request = static_cast<const WatchRequest&>(*call->request);
  const Principal& principal = call->context.principal;
  auto session = std::make_shared<Session>();
  session->call = call;
  session->stream = stream;
  CRM_ASSIGN_OR_RETURN(session->filter,
                       Filter::Parse(request.filter(), Change::descriptor()));
  session->types.assign(request.resource_types().begin(),
                        request.resource_types().end());
  session->customer = request.customer();
  session->binding = absl::StrCat(absl::Hex(StableHash(
      absl::StrJoin({principal.tenant, request.filter(), request.customer(),
                     absl::StrJoin(session->types, ",")},
                    absl::string_view("\0", 1)))));
  session->last_sent = clock_.Monotonic();
  CRM_RETURN_IF_ERROR(database_.Read(
      clock_.Now() + kReadTimeout, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto head, outbox_.Head(reader));
        session->feed_epoch = head.feed_epoch();
        session->positions.assign(head.head_seqs().begin(),
                                  head.head_seqs().end());
        return absl::OkStatus();
      }));
  if (!request.resume_token().empty()) {
    if (request.from_beginning()) {
      return BadField("from_beginning",
                      "cannot be used together with resume_token.");
    }
    CRM_RETURN_IF_ERROR(Resume(request.resume_token(), *session));
  } else if (request.from_beginning()) {
    std::fill(session->positions.begin(), session->positions.end(), 0);
  }
  return session;
}

// A token holds the binding, the epoch and the position of each partition.
std::string ChangeHub::TokenAt(const Session& session) const {
  return Seal(absl::StrCat(session.binding, ",", session.feed_epoch, ",",
                           absl::StrJoin(session.positions, ",")),
              kPurpose, options_.secret);
}

absl::Status ChangeHub::Resume(const std::string& token,
                               Session& session) const {
  const auto body = Unseal(token, kPurpose, options_.secret);
  if (!body.has_value()) {
    return BadField("resume_token", "was not issued by this service.");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(*body, ',');
  if (parts[0] != session.binding) {
    return BadField("resume_token",
                    "was issued for another filter, customer or caller.");
  }
  int64_t epoch = 0;
  if (parts.size() != session.positions.size() + 2 ||
      !absl::SimpleAtoi(parts[1], &epoch) || epoch != session.feed_epoch) {
    return OutOfRange("RESUME_TOKEN_TOO_OLD",
                      "The changes after this token are no longer kept. Read "
                      "the resources anew, then watch without a token.");
  }
  for (size_t i = 0; i < session.positions.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i + 2], &session.positions[i])) {
      return BadField("resume_token", "was not issued by this service.");
    }
  }
  return absl::OkStatus();
}

bool ChangeHub::Passes(const Session& session, const Event& event) const {
  const Principal& principal = session.call->context.principal;
  if (event.tenant() != principal.tenant) return false;
  if (!session.customer.empty() && event.ordering_key() != session.customer) {
    return false;
  }
  if (!session.types.empty() &&
      std::find(session.types.begin(), session.types.end(),
                event.resource_type()) == session.types.end()) {
    return false;
  }
  return true;
}

void ChangeHub::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = [this] { return stopping_ || woken_; };
    if (sessions_.empty()) {
      changed_.wait(lock, due);
    } else {
      changed_.wait_for(
          lock, absl::ToChronoMilliseconds(options_.check_interval), due);
    }
    if (stopping_) return;
    woken_ = false;
    const auto sessions = sessions_;
    lock.unlock();

    std::vector<int64_t> heads;
    const absl::Status read = database_.Read(
        clock_.Now() + kReadTimeout, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(const auto head, outbox_.Head(reader));
          heads.assign(head.head_seqs().begin(), head.head_seqs().end());
          return absl::OkStatus();
        });
    std::vector<std::shared_ptr<Session>> over;
    for (const auto& session : sessions) {
      if (session->stream->cancelled()) {
        over.push_back(session);
        continue;
      }
      // What cannot be read now is read in the next round.
      if (!read.ok() || !session->room) continue;
      const absl::Status status = Serve(*session, heads);
      if (status.ok() || absl::IsUnavailable(status) ||
          absl::IsDeadlineExceeded(status)) {
        continue;
      }
      session->stream->Finish(status);
      over.push_back(session);
    }
    lock.lock();
    for (const auto& session : over) sessions_.remove(session);
  }
}

absl::Status ChangeHub::Serve(Session& session,
                              const std::vector<int64_t>& heads) {
  bool room = true;
  for (size_t i = 0; i < heads.size() && room; ++i) {
    while (room && session.positions[i] < heads[i]) {
      CRM_RETURN_IF_ERROR(ServePartition(session, static_cast<int>(i), room));
    }
  }
  const absl::Duration now = clock_.Monotonic();
  if (room && now - session.last_sent >= options_.heartbeat) {
    Change heartbeat;
    heartbeat.set_resume_token(TokenAt(session));
    // Room may come back while Write refuses, so the mark is set before it.
    session.room = false;
    if (session.stream->Write(heartbeat.SerializeAsString())) {
      session.room = true;
    }
    session.last_sent = now;
  }
  return absl::OkStatus();
}

absl::Status ChangeHub::ServePartition(Session& session, int partition,
                                       bool& room) {
  int64_t& position = session.positions[static_cast<size_t>(partition)];
  ReadFeedRequest request;
  request.set_partition(partition);
  request.set_after_seq(position);
  request.set_max_events(kBatch);
  internal::v1::ReadFeedResponse response;
  CRM_RETURN_IF_ERROR(database_.Read(
      clock_.Now() + kReadTimeout, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(response, outbox_.Read(reader, request));
        return absl::OkStatus();
      }));
  if (response.events().empty()) {
    return Unavailable("FEED_BEHIND", "The log is not readable yet.");
  }
  for (const Event& event : response.events()) {
    const int64_t before = position;
    position = event.seq();
    if (!Passes(session, event)) continue;
    Change change = ChangeOf(event);
    const absl::StatusOr<bool> shown =
        options_.show(session.call->context.principal, event, change);
    if (!shown.ok()) {
      position = before;
      return shown.status();
    }
    if (!*shown) continue;
    if (!session.filter.Matches(change)) continue;
    change.set_resume_token(TokenAt(session));
    // Room may come back while Write refuses, so the mark is set before it.
    session.room = false;
    if (!session.stream->Write(change.SerializeAsString())) {
      position = before;
      room = false;
      return absl::OkStatus();
    }
    session.room = true;
    session.last_sent = clock_.Monotonic();
  }
  return absl::OkStatus();
}

}  // namespace crm
