<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	network.xsl - virtual functions of a network card as <interface type='hostdev'>:
	libvirt sets MAC address and VLAN through the physical function.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'network'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:copy-of select="$in/@*"/>
		<xsl:copy-of select="@type | @managed"/>
	</xsl:template>

	<!-- The schema wants a name where there is a driver. -->
	<xsl:template match="p:device[@kind = 'network'][@write = 'yes']/p:driver[@*]"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<driver name="vfio">
			<xsl:copy-of select="$old/@*"/>
			<xsl:copy-of select="@*"/>
			<xsl:copy-of select="$old/node()"/>
		</driver>
	</xsl:template>

	<xsl:template match="p:device[@kind = 'network'][@write = 'yes']/p:vlan[p:tag]"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<vlan>
			<xsl:call-template name="vc:children">
				<xsl:with-param name="space" select="$space"/>
			</xsl:call-template>
		</vlan>
	</xsl:template>
</xsl:stylesheet>
