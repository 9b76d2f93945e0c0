# libllama, ggml and llama-common as scripts/deps built them: one interface library.
find_package(OpenMP REQUIRED)
add_library(llama_cpp INTERFACE)
target_include_directories(llama_cpp SYSTEM INTERFACE ${HEARTH_DEPS}/include/llama
  ${HEARTH_DEPS}/include/llama/common)
target_link_libraries(llama_cpp INTERFACE -Wl,--start-group
  ${HEARTH_DEPS}/lib/libllama-common.a ${HEARTH_DEPS}/lib/libllama-common-base.a
  ${HEARTH_DEPS}/lib/libllama.a ${HEARTH_DEPS}/lib/libggml.a ${HEARTH_DEPS}/lib/libggml-cpu.a
  ${HEARTH_DEPS}/lib/libggml-base.a ${HEARTH_DEPS}/lib/libcpp-httplib.a
  -Wl,--end-group OpenMP::OpenMP_CXX m dl pthread)
