<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	usb.xsl - USB devices as <hostdev type='usb'>, by ids, bus and device number, or port.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'usb'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:copy-of select="$in/@*"/>
		<xsl:attribute name="mode">subsystem</xsl:attribute>
		<xsl:copy-of select="@type | @managed"/>
	</xsl:template>

	<!-- Ids and address are one whole, in this order; startupPolicy and guestReset stay. -->
	<xsl:template match="p:device[@kind = 'usb'][@write = 'yes']/p:source"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<source>
			<xsl:copy-of select="$old/@*"/>
			<xsl:call-template name="vc:children">
				<xsl:with-param name="space" select="$space"/>
			</xsl:call-template>
		</source>
	</xsl:template>
</xsl:stylesheet>
