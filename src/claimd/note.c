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
 * @ret_note:	note, when there is one
 * @ret_notes:	whether there is
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL (half a note)
 */
int vc_note_receive(int fd, struct vc_note *ret_note, enum vc_notes *ret_notes,
                    struct vc_err *err)
{
	struct vc_note note;
	ssize_t n = recv(fd, &note, sizeof(note), MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot hear the worker");
	if (n <= 0) {
		*ret_notes = n < 0 ? VC_NOTES_NONE : VC_NOTES_ENDED;
		return 0;
	}
	if ((size_t)n != sizeof(note))
		return vc_fail(err, VC_ERR_INTERNAL, "half a note of the worker");
	note.subject[sizeof(note.subject) - 1] = '\0';
	note.text[sizeof(note.text) - 1] = '\0';
	*ret_note = note;
	*ret_notes = VC_NOTES_ONE;
	return 0;
}
