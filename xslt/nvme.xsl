<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	nvme.xsl - NVMe controllers as <disk type='nvme'>: QEMU drives them by itself, and the
	guest sees a disk like any other. Whether libvirt manages one is said in its <source>.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'nvme'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:copy-of select="@type"/>
		<xsl:if test="not($in)">
			<xsl:attribute name="device">disk</xsl:attribute>
		</xsl:if>
		<xsl:copy-of select="$in/@*"/>
	</xsl:template>

	<xsl:template match="p:device[@kind = 'nvme'][@write = 'yes']/p:driver"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<driver name="qemu" type="raw">
			<xsl:copy-of select="$old/@*"/>
			<xsl:copy-of select="$old/node()"/>
		</driver>
	</xsl:template>
</xsl:stylesheet>
