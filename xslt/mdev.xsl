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
		<xsl:variable name="same"
			select="$in/@type = 'mdev' and p:mdev/@model = 'vfio-pci'"/>
		<xsl:copy-of select="$in/@*[$same or (name() != 'display' and name() != 'ramfb')]"/>
		<xsl:attribute name="mode">subsystem</xsl:attribute>
		<xsl:attribute name="type">mdev</xsl:attribute>
		<xsl:copy-of select="@managed"/>
		<xsl:copy-of select="p:mdev/@model"/>
		<xsl:copy-of select="@display | @ramfb"/>
	</xsl:template>

	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes']" mode="vc:driver"/>
	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes']" mode="vc:teaming"/>

	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes']" mode="vc:source">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:variable name="uuid" select="p:mdev/@uuid"/>
		<xsl:value-of select="$space"/>
		<xsl:choose>
			<xsl:when test="$old/address and $in/@type = 'mdev'">
				<source>
					<xsl:copy-of select="$old/@*"/>
					<xsl:for-each select="$old/node()">
						<xsl:choose>
							<xsl:when test="self::address">
								<address>
									<xsl:copy-of select="@*"/>
									<xsl:copy-of select="$uuid"/>
									<xsl:copy-of select="node()"/>
								</address>
							</xsl:when>
							<xsl:otherwise>
								<xsl:copy-of select="."/>
							</xsl:otherwise>
						</xsl:choose>
					</xsl:for-each>
				</source>
			</xsl:when>
			<xsl:otherwise>
				<source>
					<xsl:if test="$space != ''">
						<xsl:value-of select="concat($space, $vc:unit)"/>
					</xsl:if>
					<address uuid="{$uuid}"/>
					<xsl:value-of select="$space"/>
				</source>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<xsl:template
		match="p:device[@kind = 'mdev'][@write = 'yes'][p:mdev/@model != 'vfio-ccw']"
		mode="vc:boot"/>
	<xsl:template
		match="p:device[@kind = 'mdev'][@write = 'yes'][p:mdev/@model != 'vfio-pci']"
		mode="vc:rom"/>

	<xsl:template match="p:device[@kind = 'mdev'][@write = 'yes'][not(p:address)]"
		mode="vc:address">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:variable name="model" select="p:mdev/@model"/>
		<xsl:if test="$old[($model = 'vfio-pci' and not(@type = 'ccw'))
			or ($model = 'vfio-ccw' and not(@type = 'pci'))]">
			<xsl:value-of select="$space"/>
			<xsl:copy-of select="$old"/>
		</xsl:if>
	</xsl:template>
</xsl:stylesheet>
