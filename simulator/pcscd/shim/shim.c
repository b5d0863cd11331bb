/*
 * A reader driver that can be unplugged: it hands every call to the driver
 * beside it (its own path and ".driver"), unless there is a file of its path and
 * ".unplugged". Then it answers as pcscd's USB drivers do when the device has
 * gone.
 *
 * Source: pcsc-lite, "IFD handler 3.0 for devices with multiple slots".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifdhandler.h>
#include <stdio.h>
#include <unistd.h>

static int path(char *to, size_t size, const char *end)
{
	Dl_info self;

	if (!dladdr((void *)path, &self))
		return 0;
	snprintf(to, size, "%s%s", self.dli_fname, end);
	return 1;
}

static int unplugged(void)
{
	char p[512];

	return path(p, sizeof p, ".unplugged") && access(p, F_OK) == 0;
}

static void *beside(const char *name)
{
	static void *driver;
	char p[512];

	if (!driver && path(p, sizeof p, ".driver"))
		driver = dlopen(p, RTLD_NOW | RTLD_LOCAL);
	return driver ? dlsym(driver, name) : NULL;
}

#define HAND(type, args, ...)                        \
	RESPONSECODE (*f) type = beside(__func__);   \
	if (unplugged())                             \
		return IFD_NO_SUCH_DEVICE;           \
	return f ? f args : IFD_NOT_SUPPORTED

RESPONSECODE IFDHCreateChannel(DWORD l, DWORD c) { HAND((DWORD, DWORD), (l, c)); }
RESPONSECODE IFDHCreateChannelByName(DWORD l, LPSTR n) { HAND((DWORD, LPSTR), (l, n)); }
RESPONSECODE IFDHCloseChannel(DWORD l)
{
	RESPONSECODE (*f)(DWORD) = beside(__func__);

	return f ? f(l) : IFD_NOT_SUPPORTED;
}
RESPONSECODE IFDHGetCapabilities(DWORD l, DWORD t, PDWORD n, PUCHAR v) { HAND((DWORD, DWORD, PDWORD, PUCHAR), (l, t, n, v)); }
RESPONSECODE IFDHSetCapabilities(DWORD l, DWORD t, DWORD n, PUCHAR v) { HAND((DWORD, DWORD, DWORD, PUCHAR), (l, t, n, v)); }
RESPONSECODE IFDHSetProtocolParameters(DWORD l, DWORD p, UCHAR f1, UCHAR a, UCHAR b, UCHAR c) { HAND((DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR), (l, p, f1, a, b, c)); }
RESPONSECODE IFDHPowerICC(DWORD l, DWORD a, PUCHAR b, PDWORD n) { HAND((DWORD, DWORD, PUCHAR, PDWORD), (l, a, b, n)); }
RESPONSECODE IFDHTransmitToICC(DWORD l, SCARD_IO_HEADER s, PUCHAR t, DWORD n, PUCHAR r, PDWORD m, PSCARD_IO_HEADER h)
{
	RESPONSECODE (*f)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD, PSCARD_IO_HEADER) = beside(__func__);
	RESPONSECODE rc;

	if (unplugged() || !f)
		return IFD_NO_SUCH_DEVICE;
	rc = f(l, s, t, n, r, m, h);
	/* Pulled out while the card was at work: the answer never came. */
	return unplugged() ? IFD_NO_SUCH_DEVICE : rc;
}
RESPONSECODE IFDHControl(DWORD l, DWORD c, PUCHAR t, DWORD n, PUCHAR r, DWORD m, LPDWORD k) { HAND((DWORD, DWORD, PUCHAR, DWORD, PUCHAR, DWORD, LPDWORD), (l, c, t, n, r, m, k)); }
RESPONSECODE IFDHICCPresence(DWORD l) { HAND((DWORD), (l)); }
