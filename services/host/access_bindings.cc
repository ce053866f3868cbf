#include "services/host/access_bindings.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/platform/v1/access.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"
#include "shared/reflect/known_api.h"
#include "shared/resource/read_view.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

using ::crm::platform::v1::AccessEvidence;
using ::crm::platform::v1::Accessor;
using ::crm::platform::v1::ExplainAccessRequest;
using ::crm::platform::v1::ExplainAccessResponse;
using ::crm::platform::v1::ListAccessorsRequest;
using ::crm::platform::v1::ListAccessorsResponse;
using ::google::protobuf::Message;

const char* NameOf(RowScope scope) {
  switch (scope) {
    case RowScope::kAll:
      return "all";
    case RowScope::kTeam:
      return "team";
    case RowScope::kOwn:
      return "own";
    case RowScope::kCustomer:
      return "customer";
    case RowScope::kExpression:
      return "expression";
  }
  return "";
}

// A resource that somebody asks about, and the caller may read.
struct Asked {
  const Resource* type = nullptr;
  std::unique_ptr<Message> row;
  std::string permission;
};

absl::StatusOr<Asked> Find(const Kernel& kernel, const ReadView& view,
                           const std::string& resource,
                           const std::string& permission) {
  std::vector<FieldViolation> violations;
  Asked asked;
  asked.permission = permission;
  asked.type = kernel.catalog.FindByName(resource);
  if (asked.type == nullptr) {
    violations.push_back(
        {"resource", "must be the name of a resource of this service."});
  } else if (!KnownPermissions().contains(permission) ||
             CollectionOf(permission) !=
                 asked.type->schema.pattern().collection()) {
    violations.push_back(
        {"permission",
         "must be a permission on the resource, as 'leads.update' is on "
         "'leads/warm'."});
  }
  if (!violations.empty()) return BadRequest(violations);
  CRM_ASSIGN_OR_RETURN(const auto row, view.Find(*asked.type, resource));
  if (!row.has_value()) return ResourceNotFound(asked.type->schema, resource);
  asked.row = asked.type->New();
  if (!asked.row->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return asked;
}

// Looks at each grant of the permission alone.
absl::StatusOr<std::vector<AccessEvidence>> Weigh(const Kernel& kernel,
                                                  const ReadView& view,
                                                  const Caller& caller,
                                                  const Asked& asked) {
  std::vector<AccessEvidence> evidence;
  for (const AccessGrant& grant : caller.AccessTo(asked.permission).grants) {
    Access one;
    one.grants.push_back(grant);
    const RowRule rule(one, caller.identity(), *asked.type, kernel.catalog);
    AccessEvidence& weighed = evidence.emplace_back();
    weighed.set_role(grant.role);
    weighed.set_scope(NameOf(grant.scope));
    weighed.set_expression(grant.expression);
    CRM_ASSIGN_OR_RETURN(
        const bool reaches,
        rule.Admits({*asked.row, view.reader(), view.tenant()}));
    weighed.set_reaches(reaches);
    weighed.mutable_hidden_fields()->Assign(grant.hidden_fields.begin(),
                                            grant.hidden_fields.end());
    weighed.mutable_read_only_fields()->Assign(grant.read_only_fields.begin(),
                                               grant.read_only_fields.end());
  }
  return evidence;
}

bool Reaches(const std::vector<AccessEvidence>& evidence) {
  return std::any_of(evidence.begin(), evidence.end(),
                     [](const auto& one) { return one.reaches(); });
}

// Whom the request asks about.
Principal SubjectOf(const CallContext& call,
                    const ExplainAccessRequest& request) {
  Principal subject = call.principal;
  if (!request.subject().empty() &&
      request.subject() != call.principal.subject) {
    subject = Principal{.tenant = call.principal.tenant,
                        .subject = request.subject(),
                        .roles = {}};
    // Nothing is asked of a token, so none is too old.
    subject.issue_time = absl::InfiniteFuture();
  }
  for (const std::string& role : request.roles()) {
    if (role != "system") subject.roles.push_back(role);
  }
  return subject;
}

absl::StatusOr<ExplainAccessResponse> Explain(
    const Kernel& kernel, DirectoryStore& directories, const CallContext& call,
    const ReadView& view, const ExplainAccessRequest& request) {
  CRM_ASSIGN_OR_RETURN(const Asked asked, Find(kernel, view, request.resource(),
                                               request.permission()));
  ExplainAccessResponse response;
  const auto caller = directories.Find(SubjectOf(call, request));
  if (absl::IsUnavailable(caller.status())) return caller.status();
  if (!caller.ok()) {
    response.set_step(ExplainAccessResponse::USER);
    response.set_explanation("The user is disabled or signed out.");
    return response;
  }
  response.set_user((*caller)->identity().user);
  CRM_ASSIGN_OR_RETURN(const auto evidence,
                       Weigh(kernel, view, **caller, asked));
  response.mutable_evidence()->Assign(evidence.begin(), evidence.end());
  response.set_allowed(Reaches(evidence));
  if (evidence.empty()) {
    response.set_step(ExplainAccessResponse::ROLE);
    response.set_explanation(
        absl::StrCat("No role grants '", request.permission(), "'."));
    return response;
  }
  response.set_step(ExplainAccessResponse::ROW);
  std::vector<std::string> roles;
  for (const AccessEvidence& one : evidence) {
    if (one.reaches() || !response.allowed()) roles.push_back(one.role());
  }
  response.set_explanation(absl::StrCat(
      absl::StrJoin(roles, ", "),
      response.allowed() ? " grants it for this resource."
                         : " grants it for other resources only."));
  return response;
}

absl::StatusOr<ListAccessorsResponse> ListAccessors(
    const Kernel& kernel, DirectoryStore& directories, const CallContext& call,
    const ReadView& view, const ListAccessorsRequest& request) {
  CRM_ASSIGN_OR_RETURN(const Asked asked, Find(kernel, view, request.resource(),
                                               request.permission()));
  CRM_ASSIGN_OR_RETURN(const int page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding = absl::StrJoin(
      {call.principal.tenant, call.principal.subject, call.method->path,
       request.resource(), request.permission()},
      absl::string_view("\0", 1));
  std::string last;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(
        last, kernel.page_tokens.Decode(request.page_token(), binding));
  }
  CRM_ASSIGN_OR_RETURN(const auto directory,
                       directories.Of(call.principal.tenant));
  ListAccessorsResponse response;
  for (const auto& user : directory->users()) {
    if (user.name <= last || user.shut_out) continue;
    if (response.accessors_size() == page_size) {
      CRM_ASSIGN_OR_RETURN(
          *response.mutable_next_page_token(),
          kernel.page_tokens.Encode(response.accessors(page_size - 1).user(),
                                    binding));
      break;
    }
    CRM_ASSIGN_OR_RETURN(
        const auto caller,
        directory->Find({.tenant = call.principal.tenant,
                         .subject = user.subject,
                         .roles = {},
                         .issue_time = absl::InfiniteFuture()}));
    CRM_ASSIGN_OR_RETURN(auto evidence, Weigh(kernel, view, *caller, asked));
    if (!Reaches(evidence)) continue;
    Accessor& accessor = *response.add_accessors();
    accessor.set_user(user.name);
    accessor.set_subject(user.subject);
    for (AccessEvidence& one : evidence) {
      if (one.reaches()) *accessor.add_evidence() = std::move(one);
    }
  }
  return response;
}

// Serves a method whose answer `answer` makes over one snapshot.
template <typename Request, typename Response>
MethodBinding BindOver(
    const Kernel& kernel, DirectoryStore& directories, const char* path,
    absl::StatusOr<Response> (*answer)(const Kernel&, DirectoryStore&,
                                       const CallContext&, const ReadView&,
                                       const Request&)) {
  MethodBinding binding;
  binding.method = kernel.methods.Find(path);
  binding.unary = [&kernel, &directories, answer](std::shared_ptr<Call> call,
                                                  Done done) {
    absl::StatusOr<Response> response = Internal("UNANSWERED", "No answer.");
    // Read before the snapshot is open, so that no reader waits for another.
    const auto directory = directories.Of(call->context.principal.tenant);
    if (!directory.ok()) return done(directory.status());
    const absl::Status status =
        kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
          const ReadView view(reader, kernel.catalog, call->context);
          response = answer(kernel, directories, call->context, view,
                            static_cast<const Request&>(*call->request));
          return response.status();
        });
    if (!status.ok()) return done(status);
    done(Answer{response->SerializeAsString(), {}});
  };
  return binding;
}

}  // namespace

std::vector<MethodBinding> BindAccess(const Kernel& kernel,
                                      DirectoryStore& directories) {
  return {
      BindOver(kernel, directories,
               "/crm.platform.v1.AccessService/ExplainAccess", &Explain),
      BindOver(kernel, directories,
               "/crm.platform.v1.AccessService/ListAccessors", &ListAccessors)};
}

}  // namespace crm
