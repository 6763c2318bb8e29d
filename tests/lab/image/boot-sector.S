/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole operating system of a lab guest: 512 bytes on the disk that it boots from.
 * It prints to COM1 what is written into this disk and the PCI functions that the guest
 * sees. Then it does what a kernel does about hot-plug through ACPI, 18 times a second:
 * a device that is asked back is let go, and when one has come the list is printed anew.
 *
 *	DISK LAB0001
 *	PCI 0100 00101b36	bus << 8 | device << 3 | function; device id << 16 | vendor id
 *	END
 *
 * The name of the disk is written at NAME (lib.sh does it), NUL-terminated. Assembled and
 * linked as a flat binary for address 0x7c00 by build-image.
 */
	.code16
	.set	COM1, 0x3f8
	.set	NAME, 0x7c00 + 0x1a0
	/* [QEMU] docs/specs/acpi_pci_hotplug, at the address of ICH9 */
	.set	SLOTS_UP, 0xcc0
	.set	SLOTS_DOWN, 0xcc4
	.set	SLOTS_EJECT, 0xcc8
	.set	BUS_SELECT, 0xcd0
	.set	BUSES, 32
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	cld
	movw	$disk, %si
	call	print
	movw	$NAME, %si
	call	print

list:
	movl	$0x80000000, %ebx		/* enable bit of CONFIG_ADDRESS */
function:
	movl	%ebx, %eax
	movw	$0xcf8, %dx
	outl	%eax, %dx
	movw	$0xcfc, %dx
	inl	%dx, %eax
	cmpw	$0xffff, %ax			/* no function here */
	jne	found
	testw	$0x0700, %bx
	jnz	next
	addw	$0x0700, %bx			/* without function 0 there are no others */
	jmp	next
found:
	movl	%eax, %ecx
	movw	$pci, %si
	call	print
	movl	%ebx, %eax
	shll	$8, %eax
	movw	$4, %di
	call	hex
	movb	$' ', %al
	call	put
	movl	%ecx, %eax
	movw	$8, %di
	call	hex
next:
	addl	$0x100, %ebx
	testl	$0x01000000, %ebx
	jz	function

	movw	$end, %si
	call	print

wait:
	sti
	hlt					/* until the next tick of the timer */
	cli
	xorl	%ecx, %ecx
	xorl	%ebp, %ebp
bus:
	movl	%ecx, %eax
	movw	$BUS_SELECT, %dx
	outl	%eax, %dx
	movw	$SLOTS_DOWN, %dx
	inl	%dx, %eax
	testl	%eax, %eax
	jz	1f
	movw	$SLOTS_EJECT, %dx
	outl	%eax, %dx
	incw	%bp
1:	movw	$SLOTS_UP, %dx
	inl	%dx, %eax
	orl	%eax, %ebp
	incw	%cx
	cmpw	$BUSES, %cx
	jb	bus
	testl	%ebp, %ebp
	jz	wait
	jmp	list

/* The first %di hexadecimal digits of %eax. */
hex:
	roll	$4, %eax
	pushl	%eax
	andb	$15, %al
	cmpb	$10, %al
	jb	1f
	addb	$('a' - '0' - 10), %al
1:	addb	$'0', %al
	call	put
	popl	%eax
	decw	%di
	jnz	hex
	ret

/* The string at %si. */
print:
	lodsb
	testb	%al, %al
	jz	1f
	call	put
	jmp	print
1:	ret

put:
	movw	$COM1, %dx
	outb	%al, %dx
	ret

disk:	.asciz	"\nDISK "
pci:	.asciz	"\nPCI "
end:	.asciz	"\nEND\n"

	.org	0x1a0
	.asciz	"unnamed"
	.org	510
	.word	0xaa55
