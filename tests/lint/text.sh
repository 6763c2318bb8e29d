#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# text.sh ROOT - what holds for every text file: a licence line where there is code, no
# path of one person's machine, no white space at line ends, a newline at the end.
set -u
cd "$1" || exit 2
rc=0

complain() {
	echo "$1"
	rc=1
}

files=$(find . \( -path ./build -o -path ./.git -o -path ./tests/fixtures \) -prune \
	-o -type f -print | LC_ALL=C sort)
for file in $files; do
	case $file in
	*.[ch] | *.sh | *.py | *.xsl | ./scripts/* | ./.ci/*)
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
			complain "$file: the SPDX line is missing"
		;;
	esac
	[ -z "$(tail -c 1 "$file")" ] || complain "$file: no newline at the end"
	case $file in
	./LICENSE | *.md) ;;
	*) grep -nE '[[:blank:]]+$' "$file" /dev/null && complain "$file: white space at line end" ;;
	esac
done

# Paths of a machine on which somebody worked. Fixtures count here; the lab has a machine
# of its own, with a /root like any other.
if grep -rnIE --exclude-dir=build --exclude-dir=.git --exclude-dir=lab \
	'(^|[^a-zA-Z0-9_.}-])/(work|root|home)/[a-z.]|\.\./shared/(design|reference)' .; then
	complain "these paths exist on one machine only"
fi
exit $rc
