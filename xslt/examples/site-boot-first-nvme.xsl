<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	A site stylesheet: a guest whose domain says nothing about booting boots from the
	first NVMe device that is claimed for it.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<!-- Of the domain: a template of the plan has the plan as its document. -->
	<xsl:variable name="decided"
		select="boolean(/domain/os/boot | /domain/devices/*/boot)"/>

	<xsl:key name="nvme" match="p:device[@action != 'remove'][@kind = 'nvme'
		or (@kind = 'pci' and starts-with(p:record/@driver, 'nvme.'))]" use="''"/>

	<xsl:template mode="vc:child"
		match="p:device[@kind = 'nvme' or @kind = 'pci']/p:boot[not(@order)]">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:choose>
			<xsl:when test="$old">
				<xsl:value-of select="$space"/>
				<xsl:copy-of select="$old"/>
			</xsl:when>
			<xsl:when test="not($decided) and not(/p:plan/p:device/p:boot/@order)
				and generate-id(..) = generate-id(key('nvme', '')[1])">
				<xsl:value-of select="$space"/>
				<boot order="1"/>
			</xsl:when>
		</xsl:choose>
	</xsl:template>
</xsl:stylesheet>
