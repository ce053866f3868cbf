// Changes a service's own resources because of another service's events.
//
// A reaction works on a transaction as a handler of a call does: what it
// changes has its rows, columns, events and audit entries, and is committed
// with the consumer's position, so each event has its effect exactly once. The
// events that follow name the one that caused them.

#ifndef CRM_SHARED_RESOURCE_REACTION_APPLIER_H_
#define CRM_SHARED_RESOURCE_REACTION_APPLIER_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shared/events/applier.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"

namespace crm {

// What a service does about the events of `producer`.
struct Reaction {
  // The service whose events they are, as `operational`.
  std::string producer;
  // Whether the event concerns the service; of others only the position is
  // stored. Pure and quick.
  std::function<bool(const internal::v1::Event&)> concerns;
  // Changes what follows from the event, in the event's tenant. It may run more
  // than once for an event of which nothing was stored, so it keeps nothing
  // outside the transaction. An event may come again after the producer was
  // restored, or when its feed is read from the beginning; its id is the same.
  std::function<absl::Status(Transaction&, const internal::v1::Event&)> react;
  // Forgets what is known of the producer beside resources: it was restored,
  // and tells all that is so from the beginning.
  std::function<absl::Status(SqlWriter&)> forget;
};

// The applier of one reaction. The service may follow the same producer for
// other ends, each with positions of its own. Thread-safe.
class ReactionApplier final : public Applier {
 public:
  // `kernel` outlives this.
  ReactionApplier(const Kernel& kernel, Reaction reaction);

  // The service whose events these are.
  const std::string& producer() const { return reaction_.producer; }

  absl::StatusOr<ConsumerState> Load(absl::string_view producer) override;
  absl::Status Apply(const FeedStep& step,
                     absl::Span<const internal::v1::Event> events) override;
  absl::StatusOr<int64_t> NoteAttempt(const FeedStep& step) override;
  absl::Status ForgetAttempts(const FeedStep& step) override;
  absl::Status Park(const FeedStep& step, const internal::v1::Event& event,
                    const absl::Status& reason) override;
  absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view tenant, const std::optional<ParkedPlace>& after,
      int limit) override;
  absl::StatusOr<bool> ReplayParked(absl::string_view producer,
                                    const ParkedKey& key) override;
  absl::Status Resync(absl::string_view producer, int64_t feed_epoch) override;

 private:
  // The events that a commit made, a list for each that was reacted to.
  using Effects = std::vector<std::vector<internal::v1::Event>>;

  // Reacts to `events` in the transaction of `writer`. `effects` outlives it.
  absl::Status ReactToAll(SqlWriter& writer,
                          absl::Span<const internal::v1::Event> events,
                          Effects& effects) const;
  absl::Status React(SqlWriter& writer, const internal::v1::Event& event,
                     std::vector<internal::v1::Event>& effect) const;
  absl::Status Write(const Database::WriteBody& body) const;
  // The step as it is stored.
  FeedStep Stored(FeedStep step) const;
  void Tell(const Effects& effects) const;

  const Kernel& kernel_;
  const Reaction reaction_;
  // What positions are stored under: the producer's name alone is that of the
  // directory's consumer.
  const std::string key_;
  MethodInfo method_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_REACTION_APPLIER_H_
