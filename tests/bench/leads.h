// Requests that create leads, and convert them.

#ifndef CRM_TESTS_BENCH_LEADS_H_
#define CRM_TESTS_BENCH_LEADS_H_

#include <string>

namespace crm::bench {

inline constexpr char kCreateLeadPath[] =
    "/crm.operational.v1.LeadService/CreateLead";
inline constexpr char kQualifyPath[] =
    "/crm.operational.v1.LeadService/QualifyLead";
inline constexpr char kConvertPath[] =
    "/crm.operational.v1.LeadService/ConvertLead";

// The bytes of requests about the lead with a number: to create it under its
// name, to qualify it, and to convert it and open an opportunity.
std::string CreateLeadRequest(int number);
std::string QualifyRequest(int number);
std::string ConvertRequest(int number);

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_LEADS_H_
