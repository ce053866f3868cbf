#include "gateway/local/profile_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crm/profile/v1/profile.pb.h"
#include "gateway/local/local_call.h"
#include "gateway/local/permission.h"
#include "shared/base/errors.h"
#include "shared/base/ids.h"
#include "shared/base/status_macros.h"
#include "shared/call/consistency_token.h"
#include "shared/profile/compose.h"

namespace crm::gateway {

using profile::v1::GetProfileRequest;
using profile::v1::Profile;
using profile::v1::Slice;

namespace {

constexpr char kPermission[] = "customers.getProfile";

// The service that owns customers and users, and its slice of who they are.
constexpr char kDirectoryOwner[] = "operational";
constexpr char kIdentity[] = "IDENTITY";

// Returns the customer of a profile's name.
absl::StatusOr<std::string> CustomerOf(absl::string_view name) {
  absl::string_view id = name;
  const bool formed = absl::ConsumePrefix(&id, "customers/") &&
                      absl::ConsumeSuffix(&id, "/profile") && IsResourceId(id);
  if (formed) return absl::StrCat("customers/", id);
  return BadField("name", "The name is not 'customers/{customer}/profile'.");
}

Criticality CriticalityOf(const Headers& metadata) {
  for (const Header& header : metadata) {
    if (header.name == kCriticalityMetadata) {
      return ParseCriticality(header.value);
    }
  }
  return Criticality::kCritical;
}

absl::Status CheckKinds(const GetProfileRequest& request) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.slices_size(); ++i) {
    const bool served = std::any_of(
        SliceSources().begin(), SliceSources().end(),
        [&](const SliceSource& source) {
          return source.kind == static_cast<Slice::Kind>(request.slices(i));
        });
    if (!served) {
      violations.push_back({absl::StrCat("slices[", i, "]"),
                            "No service serves this slice; leave it out."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace

// One call: checks, then the cache, then the owners, then the answer.
class ProfileService::Call final : public SingleRequestCall {
 public:
  Call(const ProfileServiceParts& service, ProfileAccess& access, CallHead head,
       CallObserver& observer)
      : SingleRequestCall(std::move(head), observer),
        service_(service),
        access_(access),
        // What the token says may not be all that the caller is granted: then
        // it is for the owners to say.
        permission_(CheckPermission(
            service.roles, SingleRequestCall::head().principal, kPermission)),
        sees_all_(permission_.ok() &&
                  access.SeesAll(SingleRequestCall::head().principal)) {}

 private:
  void OnRequest(const std::string& bytes) override {
    if (absl::Status status = ReadRequest(bytes); !status.ok()) {
      // Permission comes before anything else is looked at.
      return Finish(permission_.ok() ? std::move(status) : permission_);
    }
    if (service_.cache == nullptr || !sees_all_) return AskOwners();
    ReadCache();
  }

  absl::Status ReadRequest(const std::string& bytes) {
    GetProfileRequest request;
    CRM_RETURN_IF_ERROR(Parse(bytes, request));
    CRM_ASSIGN_OR_RETURN(profile_.customer, CustomerOf(request.name()));
    CRM_RETURN_IF_ERROR(CheckKinds(request));
    for (const int kind : request.slices()) {
      profile_.kinds.push_back(static_cast<Slice::Kind>(kind));
    }
    profile_.rule.now = service_.clock.Now();
    for (const Header& header : head().metadata) {
      if (header.name != kConsistencyTokenMetadata) continue;
      CRM_ASSIGN_OR_RETURN(
          const ConsistencyToken token,
          DecodeConsistencyToken(header.value, service_.secret));
      int64_t& epoch = profile_.rule.seen_epochs[token.service];
      int64_t& seen = profile_.rule.seen_versions[token.service];
      if (token.feed_epoch < epoch) continue;
      if (token.feed_epoch > epoch) seen = 0;
      epoch = token.feed_epoch;
      seen = std::max(
          seen, token.VersionOf(head().principal.tenant, profile_.customer));
    }
    return absl::OkStatus();
  }

  void ReadCache() {
    const SliceKey key{head().principal.tenant, profile_.customer};
    const std::weak_ptr<bool> alive = alive_;
    service_.cache->Fetch(key, [this, alive, loop = &service_.loop](
                                   absl::StatusOr<SharedSlices> slices) {
      loop->Post([this, alive, slices = std::move(slices)] {
        // The call lives on the loop, so it cannot end while this runs.
        if (!alive.expired()) OnCache(slices);
      });
    });
  }

  void OnCache(const absl::StatusOr<SharedSlices>& slices) {
    profile_.cache_down = !slices.ok();
    if (slices.ok()) profile_.cached = ParseSlices(**slices);
    AskOwners();
  }

  void AskOwners() {
    auto plan = PlanReads(profile_.kinds, profile_.cached, profile_.rule);
    // Now and then an owner has to say that the caller is still let in.
    const bool admitted = access_.Admitted(head().principal);
    const bool asks_leave = !admitted && !plan.contains(kDirectoryOwner);
    if (asks_leave) plan[kDirectoryOwner] = {kIdentity};
    const bool alone = !sees_all_ || !admitted;
    waiting_ = plan.size();
    if (waiting_ == 0) return Compose();
    const Headers metadata = BackendMetadata();
    for (const auto& [owner, slices] : plan) {
      SliceQuestion question = QuestionTo(owner, slices);
      if (alone) question.caller = Credential();
      question.cached = asks_leave && owner == kDirectoryOwner &&
                        profile_.cached.contains(kIdentity);
      service_.reader.Read(question, metadata, head().deadline, alive_,
                           [this, owner = owner](const OwnerAnswer& answer) {
                             OnOwner(owner, answer);
                           });
    }
  }

  void OnOwner(const std::string& owner, const OwnerAnswer& answer) {
    profile_.answers[owner] = answer;
    if (answer.status.ok()) access_.Admit(head().principal);
    if (--waiting_ == 0) Compose();
  }

  std::string Credential() const {
    for (const Header& header : head().metadata) {
      if (header.name == "authorization") return header.value;
    }
    return "";
  }

  // The caller's credential and trace go along, and with each question how much
  // depends on it; nothing else of the call does.
  Headers BackendMetadata() const {
    Headers metadata;
    for (const Header& header : head().metadata) {
      if (header.name == "authorization" || header.name == "traceparent") {
        metadata.push_back(header);
      }
    }
    return metadata;
  }

  SliceQuestion QuestionTo(const std::string& owner,
                           const std::vector<std::string>& slices) const {
    SliceQuestion question{.tenant = head().principal.tenant,
                           .customer = profile_.customer,
                           .owner = owner,
                           .slices = slices,
                           .min_service = "",
                           .min_key_version = 0,
                           .cached = false,
                           .criticality = CriticalityOf(head().metadata),
                           .caller = ""};
    for (const SliceSource& source : SliceSources()) {
      if (source.owner != owner) continue;
      // An owner is told of the service whose changes its slices show.
      const bool is_own = source.producer.empty();
      // Its own it shows as they are, whatever it is told.
      if (is_own && !question.min_service.empty()) continue;
      const std::string& service = is_own ? source.owner : source.producer;
      const auto seen = profile_.rule.seen_versions.find(service);
      if (seen != profile_.rule.seen_versions.end() && seen->second > 0) {
        question.min_service = service;
        question.min_key_version = seen->second;
      }
    }
    return question;
  }

  void Compose() {
    const auto identity = profile_.answers.find(kDirectoryOwner);
    if (identity != profile_.answers.end()) {
      // Who is not let in by the owner of customers sees nothing of them.
      const absl::Status& status = identity->second.status;
      if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) {
        return Finish(status);
      }
      if (!status.ok() && !permission_.ok()) return Finish(permission_);
    }
    const absl::StatusOr<Profile> profile = ComposeProfile(profile_);
    if (!profile.ok()) return Finish(profile.status());
    Answer(*profile);
  }

  const ProfileServiceParts& service_;
  ProfileAccess& access_;
  const absl::Status permission_;
  const bool sees_all_;
  ProfileParts profile_;
  size_t waiting_ = 0;
  // Expires with the call, so that late answers find nobody.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unique_ptr<MessageCall> ProfileService::Start(CallHead head,
                                                   CallObserver& observer) {
  return std::make_unique<Call>(parts_, access_, std::move(head), observer);
}

}  // namespace crm::gateway
