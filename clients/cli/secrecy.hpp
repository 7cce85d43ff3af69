// Keeps this process's memory, which holds keys and plain texts, out of files and of the hands of
// other processes.
#pragma once

namespace livlina::cli {

// No core files, and no debugger or memory reader of the same user. At the start of main.
void keep_memory_private();

}  // namespace livlina::cli
