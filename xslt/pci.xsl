<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	pci.xsl - PCI functions as <hostdev type='pci'>.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:variable name="same" select="$in/@type = 'pci'"/>
		<xsl:copy-of select="$in/@*[name() != 'model'
			and ($same or (name() != 'display' and name() != 'ramfb'))]"/>
		<xsl:attribute name="mode">subsystem</xsl:attribute>
		<xsl:attribute name="type">pci</xsl:attribute>
		<xsl:copy-of select="@managed | @display | @ramfb"/>
	</xsl:template>

	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']/p:driver"
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

	<!-- The address of a vfio-ccw device means nothing for PCI. -->
	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']/p:address[not(@*)]"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:if test="$old[not(@type = 'ccw')]">
			<xsl:value-of select="$space"/>
			<xsl:copy-of select="$old"/>
		</xsl:if>
	</xsl:template>
</xsl:stylesheet>
