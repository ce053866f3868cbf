#include "shared/base/file_digest.h"

#include <openssl/evp.h>

#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return NotFound("FILE_MISSING",
                    absl::StrCat("The file '", path, "' cannot be opened."));
  }
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool good = context != nullptr &&
              EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::vector<char> piece(kPieceBytes);
  while (good && !file.eof()) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    good = !file.bad() &&
           EVP_DigestUpdate(context.get(), piece.data(),
                            static_cast<size_t>(file.gcount())) == 1;
  }
  std::string digest(static_cast<size_t>(EVP_MD_size(EVP_sha256())), '\0');
  good = good &&
         EVP_DigestFinal_ex(context.get(),
                            reinterpret_cast<unsigned char*>(digest.data()),
                            nullptr) == 1;
  if (!good) {
    return Unavailable("FILE_UNREADABLE",
                       absl::StrCat("The file '", path, "' cannot be read."));
  }
  return digest;
}

}  // namespace crm
