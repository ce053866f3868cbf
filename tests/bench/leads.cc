#include "tests/bench/leads.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_transitions.pb.h"

namespace crm::bench {
namespace {

std::string IdOf(int number) { return absl::StrFormat("lead-%08d", number); }

std::string NameOf(int number) { return absl::StrCat("leads/", IdOf(number)); }

// A UUID of its own for each step of a lead.
std::string RequestId(int step, int number) {
  return absl::StrFormat("%08x-000%d-4000-8000-%012x", number, step, number);
}

}  // namespace

std::string CreateLeadRequest(int number) {
  operational::v1::CreateLeadRequest request;
  request.set_lead_id(IdOf(number));
  request.set_request_id(RequestId(1, number));
  operational::v1::Lead& lead = *request.mutable_lead();
  lead.set_display_name(absl::StrCat("Lead Number ", number));
  lead.set_company(absl::StrCat("Company Number ", number));
  lead.set_email(absl::StrCat("lead", number, "@example.com"));
  lead.set_phone(absl::StrFormat("+49302%08d", number));
  return request.SerializeAsString();
}

std::string QualifyRequest(int number) {
  operational::v1::QualifyLeadRequest request;
  request.set_name(NameOf(number));
  request.set_request_id(RequestId(2, number));
  return request.SerializeAsString();
}

std::string ConvertRequest(int number) {
  operational::v1::ConvertLeadRequest request;
  request.set_name(NameOf(number));
  request.set_opportunity_display_name("First order");
  request.set_request_id(RequestId(3, number));
  return request.SerializeAsString();
}

}  // namespace crm::bench
