/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/note.h"

#include <errno.h>
#include <sys/socket.h>

/**
 * vc_note_send() - Tell the daemon something
 * @fd:		socket
 * @note:	note
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM (the daemon is gone)
 */
int vc_note_send(int fd, const struct vc_note *note, struct vc_err *err)
{
	ssize_t n;

	do
		n = send(fd, note, sizeof(*note), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? vc_fail_sys(err, errno, "cannot report to the daemon") : 0;
}

/**
 * vc_note_receive() - Take the next note of a worker
 * @fd:		socket
 * @ret_note:	note
 * @err:	why not
 *
 * Return: 1, 0 (none) or -VC_ERR_SYSTEM
 */
int vc_note_receive(int fd, struct vc_note *ret_note, struct vc_err *err)
{
	struct vc_note note;
	ssize_t n = recv(fd, &note, sizeof(note), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	if (n < 0)
		return vc_fail_sys(err, errno, "cannot hear the worker");
	if ((size_t)n != sizeof(note))
		return vc_fail(err, VC_ERR_INTERNAL, "half a note of the worker");
	note.subject[sizeof(note.subject) - 1] = '\0';
	note.text[sizeof(note.text) - 1] = '\0';
	*ret_note = note;
	return 1;
}
