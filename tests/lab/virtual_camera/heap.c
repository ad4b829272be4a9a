/* Stands in for the kernel's DMA heaps, which a container's kernel may not have: their buffers are shared memory. */
#define _GNU_SOURCE
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int file, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *data = va_arg(rest, void *);
    va_end(rest);
    if (request == DMA_HEAP_IOCTL_ALLOC) {
        struct dma_heap_allocation_data *wanted = data;
        int buffer = memfd_create("heap", MFD_CLOEXEC);
        if (buffer < 0 || ftruncate(buffer, wanted->len) < 0)
            return -1;
        wanted->fd = buffer;
        return 0;
    }
    if (request == DMA_BUF_IOCTL_SYNC || request == DMA_BUF_SET_NAME_B)
        return 0;
    return syscall(SYS_ioctl, file, request, data);
}
