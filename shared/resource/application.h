// What a service is made of: the resources it owns, its custom methods, its
// rules. Reads like a table of contents.
//
//   Application app("operational");
//   app.Owns<v1::Product>()
//       .Owns<v1::Order>({.prepare = PrepareOrder})
//       .Mutate(ConfirmOrder);
//
// A resource brings the services of its proto file: their standard methods are
// served by the kernel, the others by the handlers that are given here. A
// method that nothing serves stops the start, by name. A handler for a standard
// method takes its place.

#ifndef CRM_SHARED_RESOURCE_APPLICATION_H_
#define CRM_SHARED_RESOURCE_APPLICATION_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"
#include "shared/resource/import_rules.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"
#include "shared/resource/operation_kind.h"
#include "shared/resource/own_events.h"
#include "shared/resource/read_view.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/typed_rules.h"

namespace crm {

// The definition of one service. Filled at start by one thread, then immutable.
class Application {
 public:
  explicit Application(std::string service);

  const std::string& service() const { return service_; }
  const ResourceCatalog& catalog() const { return catalog_; }

  // Registers resource `T`. Problems are kept and returned by Check().
  template <typename T>
  Application& Owns(Rules<T> rules = {}) {
    return Own(T::descriptor(), EraseTypes(rules));
  }

  // Registers resource `T`, nested in `P`.
  template <typename T, typename P>
  Application& Owns(ParentRule<T, P> with_parent, Rules<T> rules = {}) {
    ResourceRules erased = EraseTypes(rules);
    erased.with_parent = [with_parent](const google::protobuf::Message* before,
                                       google::protobuf::Message* after,
                                       google::protobuf::Message& parent) {
      return with_parent(static_cast<const T*>(before), static_cast<T*>(after),
                         static_cast<P&>(parent));
    };
    return Own(T::descriptor(), std::move(erased));
  }

  // Says how a customer is made for resources that come without one. Only the
  // service that owns customers has it.
  template <typename T>
  Application& MakesCustomers(T (*make)(const google::protobuf::Message&)) {
    catalog_.SetCustomerMaker(
        [make](const google::protobuf::Message& resource) {
          return std::make_unique<T>(make(resource));
        });
    return *this;
  }

  // Has `rule` follow each change of a resource; see ChangeRule.
  Application& OnChange(ChangeRule rule) {
    catalog_.SetChangeRule(std::move(rule));
    return *this;
  }

  // Serves the method whose request is `Request` inside a transaction.
  template <typename Response, typename Request>
  Application& Mutate(absl::StatusOr<Response> (*handler)(Transaction&,
                                                          const CallContext&,
                                                          const Request&)) {
    return BindMutation(
        Request::descriptor(),
        [handler](Transaction& transaction, const CallContext& call,
                  const google::protobuf::Message& request) {
          return Erase(
              handler(transaction, call, static_cast<const Request&>(request)));
        });
  }

  // The same for a handler that needs something of the service, which outlives
  // the application.
  template <typename Deps, typename Response, typename Request>
  Application& Mutate(Deps& deps,
                      absl::StatusOr<Response> (*handler)(Deps&, Transaction&,
                                                          const CallContext&,
                                                          const Request&)) {
    return BindMutation(
        Request::descriptor(),
        [&deps, handler](Transaction& transaction, const CallContext& call,
                         const google::protobuf::Message& request) {
          return Erase(handler(deps, transaction, call,
                               static_cast<const Request&>(request)));
        });
  }

  // The same for a handler that goes by something which takes long to find out:
  // `prepare` does so, once a call, before the transaction and on a thread that
  // may take its time. A repeat that is answered from memory does not come to
  // the handler, and so not to an error of `prepare`.
  template <typename Deps, typename Prepared, typename Response,
            typename Request>
  Application& Mutate(
      Deps& deps,
      absl::StatusOr<Prepared> (*prepare)(Deps&, const CallContext&,
                                          const Request&),
      absl::StatusOr<Response> (*handler)(const Prepared&, Transaction&,
                                          const CallContext&, const Request&)) {
    return BindPrepared(
        Request::descriptor(),
        [&deps, prepare, handler](const Kernel& /*kernel*/,
                                  const CallContext& call,
                                  const google::protobuf::Message& request) {
          return Finish<Request>(
              prepare(deps, call, static_cast<const Request&>(request)),
              handler);
        });
  }

  // The same for something that the store tells as well: `prepare` sees a
  // snapshot of it, which is older than the transaction.
  template <typename Deps, typename Prepared, typename Response,
            typename Request>
  Application& Mutate(
      Deps& deps,
      absl::StatusOr<Prepared> (*prepare)(Deps&, const ReadView&,
                                          const CallContext&, const Request&),
      absl::StatusOr<Response> (*handler)(const Prepared&, Transaction&,
                                          const CallContext&, const Request&)) {
    return BindPrepared(
        Request::descriptor(),
        [&deps, prepare, handler](const Kernel& kernel, const CallContext& call,
                                  const google::protobuf::Message& request) {
          absl::StatusOr<Prepared> prepared;
          const absl::Status status =
              kernel.database.Read(call.deadline, [&](SqlReader& reader) {
                const ReadView view(reader, kernel.catalog, call);
                prepared = prepare(deps, view, call,
                                   static_cast<const Request&>(request));
                return prepared.status();
              });
          if (!status.ok()) prepared = status;
          return Finish<Request>(std::move(prepared), handler);
        });
  }

  // Serves a method that reads, over one snapshot of the store.
  template <typename Response, typename Request>
  Application& Read(absl::StatusOr<Response> (*handler)(const ReadView&,
                                                        const CallContext&,
                                                        const Request&)) {
    return BindRead(Request::descriptor(),
                    [handler](const ReadView& view, const CallContext& call,
                              const google::protobuf::Message& request) {
                      return Erase(handler(
                          view, call, static_cast<const Request&>(request)));
                    });
  }

  // Serves a method that reads something of the service.
  template <typename Deps, typename Response, typename Request>
  Application& Read(Deps& deps,
                    absl::StatusOr<Response> (*handler)(Deps&,
                                                        const CallContext&,
                                                        const Request&)) {
    return BindPlain(
        Request::descriptor(),
        [&deps, handler](const CallContext& call,
                         const google::protobuf::Message& request) {
          return Erase(
              handler(deps, call, static_cast<const Request&>(request)));
        });
  }

  // The same over one snapshot of the store.
  template <typename Deps, typename Response, typename Request>
  Application& Read(Deps& deps,
                    absl::StatusOr<Response> (*handler)(Deps&, const ReadView&,
                                                        const CallContext&,
                                                        const Request&)) {
    return BindRead(
        Request::descriptor(),
        [&deps, handler](const ReadView& view, const CallContext& call,
                         const google::protobuf::Message& request) {
          return Erase(
              handler(deps, view, call, static_cast<const Request&>(request)));
        });
  }

  // The same for a handler that goes by something which other services know:
  // `prepare` asks them, before the snapshot is taken.
  template <typename Deps, typename Prepared, typename Response,
            typename Request>
  Application& Read(
      Deps& deps,
      Prepared (*prepare)(Deps&, const CallContext&, const Request&),
      absl::StatusOr<Response> (*handler)(const Prepared&, const ReadView&,
                                          const CallContext&, const Request&)) {
    return BindKernelRead(
        Request::descriptor(),
        [&deps, prepare, handler](
            const Kernel& kernel, const CallContext& call,
            const google::protobuf::Message& request) -> MessageOr {
          const auto& asked = static_cast<const Request&>(request);
          const Prepared prepared = prepare(deps, call, asked);
          MessageOr response;
          CRM_RETURN_IF_ERROR(
              kernel.database.Read(call.deadline, [&](SqlReader& reader) {
                const ReadView view(reader, kernel.catalog, call);
                response = Erase(handler(prepared, view, call, asked));
                return response.status();
              }));
          return response;
        });
  }

  // Serves a method that reads by other methods of the kernel, as one that
  // lists what a resource describes.
  template <typename Response, typename Request>
  Application& Read(absl::StatusOr<Response> (*handler)(const Kernel&,
                                                        const CallContext&,
                                                        const Request&)) {
    return BindKernelRead(
        Request::descriptor(),
        [handler](const Kernel& kernel, const CallContext& call,
                  const google::protobuf::Message& request) {
          return Erase(
              handler(kernel, call, static_cast<const Request&>(request)));
        });
  }

  // The same for one that tries out what calls would do.
  template <typename Response, typename Request>
  Application& Read(absl::StatusOr<Response> (*handler)(const InnerCalls&,
                                                        const CallContext&,
                                                        const Request&)) {
    return BindKernelRead(
        Request::descriptor(),
        [handler, bodies = bodies_](const Kernel& kernel,
                                    const CallContext& call,
                                    const google::protobuf::Message& request) {
          return Erase(handler(InnerCalls(kernel, bodies), call,
                               static_cast<const Request&>(request)));
        });
  }

  // Serves a method that returns google.longrunning.Operation: the call is
  // answered with an operation, which `step` carries out; see OperationKind.
  template <typename Deps, typename Request>
  Application& Operate(Deps& deps,
                       absl::StatusOr<StepCommit> (*step)(Deps&,
                                                          const OperationStep&,
                                                          const Request&)) {
    return BindOperation(
        Request::descriptor(),
        {.step = [&deps, step](const OperationStep& now) {
          return step(deps, now, static_cast<const Request&>(now.request));
        }});
  }

  // The same for a step that needs nothing of the service.
  template <typename Request>
  Application& Operate(absl::StatusOr<StepCommit> (*step)(const OperationStep&,
                                                          const Request&)) {
    OperationKind kind;
    kind.step = [step](const OperationStep& now) {
      return step(now, static_cast<const Request&>(now.request));
    };
    return BindOperation(Request::descriptor(), std::move(kind));
  }

  // Has `body` do what timers of `kind` are for; see Transaction::Schedule().
  Application& OnTimer(std::string kind, TimerBody body) {
    timers_.insert_or_assign(std::move(kind), std::move(body));
    return *this;
  }

  // Says what is known of rows that are imported.
  Application& Imports(ImportRules rules) {
    import_rules_ = std::make_shared<const ImportRules>(std::move(rules));
    return *this;
  }

  // The same for what has to find something out first, or makes calls of the
  // service; see TimerPlan.
  Application& OnTimer(std::string kind,
                       absl::StatusOr<TimerCommit> (*plan)(const InnerCalls&,
                                                           const Timer&)) {
    plans_.insert_or_assign(std::move(kind), plan);
    return *this;
  }

  // Has `body` decide on the events of the service; see own_events.h.
  Application& OnEvent(EventBody body) {
    event_bodies_.push_back(std::move(body));
    return *this;
  }

  // Adds a table of the service's own to its store, for what is no resource.
  // Handlers reach it by Transaction::writer() and ReadView::reader().
  Application& Keeps(SqlTable table) {
    tables_.push_back(std::move(table));
    return *this;
  }

  // Returns the services to serve: those of the resources' proto files.
  std::vector<const google::protobuf::ServiceDescriptor*> Services() const;

  // Returns what serves each method of `kernel.methods` that belongs to
  // Services(). Returns FAILED_PRECONDITION (METHOD_UNBOUND) that lists the
  // methods which nothing serves and the handlers that serve nothing, or the
  // first problem of a resource. `kernel` outlives the bindings.
  absl::StatusOr<std::vector<MethodBinding>> Bind(const Kernel& kernel) const;

  // Returns the kinds of operations that the methods of Services() start.
  // `kernel` outlives them.
  OperationKinds Operations(const Kernel& kernel) const;

  const TimerBodies& timers() const { return timers_; }
  // Returns the other timers. `kernel` outlives them.
  TimerPlans Plans(const Kernel& kernel) const;

  const std::vector<EventBody>& event_bodies() const { return event_bodies_; }

  // Returns the tables of the service's store.
  std::vector<SqlTable> Tables() const;

 private:
  using MessageOr = absl::StatusOr<std::unique_ptr<google::protobuf::Message>>;
  using ReadBody = std::function<MessageOr(const ReadView&, const CallContext&,
                                           const google::protobuf::Message&)>;
  using PlainBody = std::function<MessageOr(const CallContext&,
                                            const google::protobuf::Message&)>;

  using KernelBody = std::function<MessageOr(const Kernel&, const CallContext&,
                                             const google::protobuf::Message&)>;

  using Preparation = std::function<MutationBody(
      const Kernel&, const CallContext&, const google::protobuf::Message&)>;

  // A handler with its types taken off; one of the bodies is set.
  struct Handler {
    MutationBody mutate;
    Preparation prepare;
    ReadBody read;
    PlainBody plain;
    KernelBody kernel_read;
    OperationKind operation;
  };

  template <typename Response>
  static MessageOr Erase(absl::StatusOr<Response> response) {
    CRM_RETURN_IF_ERROR(response.status());
    return std::make_unique<Response>(*std::move(response));
  }

  // Returns what ends a call that was prepared.
  template <typename Request, typename Prepared, typename Response>
  static MutationBody Finish(
      absl::StatusOr<Prepared> prepared,
      absl::StatusOr<Response> (*handler)(const Prepared&, Transaction&,
                                          const CallContext&, const Request&)) {
    auto kept =
        std::make_shared<const absl::StatusOr<Prepared>>(std::move(prepared));
    return
        [kept, handler](Transaction& transaction, const CallContext& context,
                        const google::protobuf::Message& asked) -> MessageOr {
          CRM_RETURN_IF_ERROR(kept->status());
          return Erase(handler(**kept, transaction, context,
                               static_cast<const Request&>(asked)));
        };
  }

  Application& Own(const google::protobuf::Descriptor* message,
                   ResourceRules rules);
  Application& BindMutation(const google::protobuf::Descriptor* request,
                            MutationBody body);
  // Returns the handler of `request`, for what is not a mutation: it never runs
  // inside the transaction of another call.
  Handler& BindOutside(const google::protobuf::Descriptor* request);
  Application& BindPrepared(const google::protobuf::Descriptor* request,
                            Preparation prepare);
  Application& BindRead(const google::protobuf::Descriptor* request,
                        ReadBody body);
  Application& BindPlain(const google::protobuf::Descriptor* request,
                         PlainBody body);
  Application& BindKernelRead(const google::protobuf::Descriptor* request,
                              KernelBody body);
  Application& BindOperation(const google::protobuf::Descriptor* request,
                             OperationKind kind);

  // Returns the kind of operation that a method without a handler starts;
  // nothing if it starts none.
  std::optional<OperationKind> KindOf(const Kernel& kernel,
                                      const MethodInfo& method) const;

  static MethodBinding BindHandler(const Kernel& kernel,
                                   const MethodInfo& method,
                                   const Handler& handler);

  std::string service_;
  ResourceCatalog catalog_;
  std::shared_ptr<const ImportRules> import_rules_ =
      std::make_shared<const ImportRules>();
  std::vector<SqlTable> tables_;
  TimerBodies timers_;
  std::map<std::string,
           absl::StatusOr<TimerCommit> (*)(const InnerCalls&, const Timer&)>
      plans_;
  std::vector<EventBody> event_bodies_;
  // What InnerCalls finds the handlers in.
  std::shared_ptr<MutationBodies> bodies_ = std::make_shared<MutationBodies>();
  absl::Status problem_;
  std::map<const google::protobuf::Descriptor*, Handler> handlers_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_APPLICATION_H_
