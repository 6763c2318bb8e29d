<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	A site stylesheet: network functions are given without their option ROM, so that
	guests do not spend their boot time in network boot menus. A device that has a boot
	order keeps its ROM, and so does one for which a binding says what it wants.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<!-- 8086 and 15b3 in hexadecimal, as virt-claim publishes vendors -->
	<xsl:template mode="vc:child"
		match="p:device[@kind = 'pci'][not(p:boot/@order)][p:attribute[
			@name = 'virt-claim.io/vendorID' and (@value = '8086' or @value = '15b3')]]
			/p:rom[not(@*)]">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:choose>
			<xsl:when test="$old">
				<xsl:value-of select="$space"/>
				<xsl:copy-of select="$old"/>
			</xsl:when>
			<xsl:when test="not($in/boot)">
				<xsl:value-of select="$space"/>
				<rom bar="off"/>
			</xsl:when>
		</xsl:choose>
	</xsl:template>
</xsl:stylesheet>
