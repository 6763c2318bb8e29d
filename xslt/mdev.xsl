<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	mdev.xsl - mediated devices: <hostdev type='mdev'> of the models vfio-pci, vfio-ap
	and vfio-ccw. libvirt knows <driver> and <teaming> for none of them, <boot> for
	vfio-ccw only, <rom> for vfio-pci only, and a vfio-ap has no guest address.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:variable name="same" select="$in/@type = 'mdev' and @model = 'vfio-pci'"/>
		<xsl:copy-of select="$in/@*[$same or (name() != 'display' and name() != 'ramfb')]"/>
		<xsl:attribute name="mode">subsystem</xsl:attribute>
		<xsl:attribute name="type">mdev</xsl:attribute>
		<xsl:copy-of select="@managed | @model | @display | @ramfb"/>
	</xsl:template>

	<xsl:template mode="vc:child"
		match="p:device[@kind = 'mdev'][@write = 'yes']/p:driver
			| p:device[@kind = 'mdev'][@write = 'yes']/p:teaming
			| p:device[@kind = 'mdev'][@write = 'yes'][@model != 'vfio-ccw']/p:boot
			| p:device[@kind = 'mdev'][@write = 'yes'][@model != 'vfio-pci']/p:rom"/>

	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes']/p:address[not(@*)]"
		mode="vc:child">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:variable name="model" select="../@model"/>
		<xsl:if test="$old[($model = 'vfio-pci' and not(@type = 'ccw'))
			or ($model = 'vfio-ccw' and not(@type = 'pci'))]">
			<xsl:value-of select="$space"/>
			<xsl:copy-of select="$old"/>
		</xsl:if>
	</xsl:template>
</xsl:stylesheet>
