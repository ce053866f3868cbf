// Imports, for any resource type: rows in, resources out, each row as a Create
// or Update of its own.
//
// An import takes its rows from what ImportService.AddImportRows has stored, a
// step at a time, and waits where there are none yet. A row is a mutating call:
// it runs the rules, is checked against what the caller may do, and is stored
// with its event, its audit entry and its effect, or fails alone. Its request
// id is the operation and its number, so a step that is run again after a kill
// does no row twice. Memory is bounded by a step, whatever the number of rows.

#ifndef CRM_SHARED_RESOURCE_IMPORT_OPERATION_H_
#define CRM_SHARED_RESOURCE_IMPORT_OPERATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/platform/v1/imports.pb.h"
#include "shared/call/method_table.h"
#include "shared/resource/import_rules.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"
#include "shared/resource/operation_table.h"

namespace crm {

// The most rows of a step.
inline constexpr size_t kImportBatch = 2'000;
// The bytes that a step reads, and the most that a row may take.
inline constexpr size_t kImportWindowBytes = size_t{2} << 20;
inline constexpr size_t kMaxRowBytes = size_t{1} << 20;
// How many failed rows are listed, and how much of each is shown.
inline constexpr int64_t kMaxListedFailures = 10'000;
inline constexpr size_t kShownRowBytes = 4096;
// The bytes of the names of all columns.
inline constexpr size_t kMaxHeaderBytes = size_t{32} << 10;
// How long an import waits for rows before it ends with IMPORT_ABANDONED.
inline constexpr absl::Duration kLongestInputWait = absl::Hours(24);

// Whether `method` imports: its request has a plan.
bool IsImport(const MethodInfo& method);

// Returns the plan of an import.
absl::StatusOr<platform::v1::ImportPlan> PlanOfOperation(
    const Kernel& kernel, const StoredOperation& operation);

// Returns what carries out `method`: nothing unless it imports resources that
// have Create and Update and lie under no other.
std::optional<OperationKind> ImportOperation(
    const Kernel& kernel, const MethodInfo& method,
    std::shared_ptr<const ImportRules> rules);

// Returns the standard method `verb` of `resource`; null if it has none.
const MethodInfo* StandardMethod(const MethodTable& methods,
                                 const google::protobuf::Descriptor* resource,
                                 Verb verb);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_OPERATION_H_
