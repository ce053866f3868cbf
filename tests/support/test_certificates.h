// Certificates for tests, made on the spot: an authority, and identities of
// services in folders as TlsFolder reads them.

#ifndef CRM_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define CRM_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/auth/certificate_maker.h"

namespace crm::testing {

// The namespace of the identities, unless told otherwise.
inline constexpr char kTestSpace[] = "test";

// An authority and a folder of identities that it has signed. Ends the test
// program if one cannot be made. Thread-compatible.
class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  // Signs a certificate for `uri`, valid from a day ago until `not_after`.
  CertifiedKey Issue(absl::string_view uri,
                     absl::Time not_after = absl::Now() + absl::Hours(1)) const;
  // The same, for a service of the namespace.
  CertifiedKey IssueTo(absl::string_view service) const;

  // Returns a path that is a symbolic link to a new folder with these files.
  std::string Folder(const CertifiedKey& identity,
                     absl::string_view authorities) const;
  std::string FolderOf(absl::string_view service) const;

  // Turns the link `path` to a new folder with these files, at one blow.
  void Replace(const std::string& path, const CertifiedKey& identity,
               absl::string_view authorities) const;

  const std::string& authority() const { return authority_.certificate; }

 private:
  std::string NewFolder(const CertifiedKey& identity,
                        absl::string_view authorities) const;

  std::string path_;
  mutable int folders_ = 0;
  CertifiedKey authority_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_TEST_CERTIFICATES_H_
